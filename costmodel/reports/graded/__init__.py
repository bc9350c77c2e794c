"""What a graded class is written as, beside its tables: its files, its people, what a person must look at."""
