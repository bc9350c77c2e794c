
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--data_dir")
folder = parser.parse_args().data_dir
ids = open(f"{folder}/test.csv").read().split()
with open("submission.csv", "w") as out:
    out.write("image_id,label\n" + "".join(f"{i},{int(i) % 3}\n" for i in ids))

