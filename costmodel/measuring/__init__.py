"""Running an entry under its budget, and measuring it: started, watched, ended, and nothing of it lost or left."""
