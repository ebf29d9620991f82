#!/usr/bin/env python3
"""Submit files and wait until each has ended: python3 submit.py [--home DIR] [--key ID] [--converter NAME] FILE..."""
import argparse
import os
import sys

from airlock_client import AirlockError, connect

ENDED = ("converted", "skipped", "rejected", "failed", "stopped", "crashed", "quarantined", "deleted")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home")
    parser.add_argument("--instance")
    parser.add_argument("--key")
    parser.add_argument("--converter")
    parser.add_argument("file", nargs="+")
    options = parser.parse_args()
    more = {} if options.converter is None else {"converter": options.converter}
    where = (options.home, options.instance, options.key)
    waiting, worst = {}, 0

    def ended(submission_id, state):
        nonlocal worst
        if submission_id in waiting and state in ENDED:
            print("%s %s %s" % (waiting.pop(submission_id), submission_id, state), flush=True)
            worst = max(worst, 0 if state in ("converted", "skipped") else 65)

    with connect(*where) as calls, connect(*where) as watch:
        events = watch.events(["submission"])
        next(events)  # Order: subscribed before anything is submitted, so that no change is missed
        for path in options.file:
            with open(path, "rb") as source:
                answer = calls.submit(os.path.basename(path), source, **more)
            waiting[answer["submissionId"]] = path
        while waiting:
            topic, data = next(events)
            if topic == "submission":
                ended(data["submissionId"], data["state"])
            else:  # "snapshot" or "lagged": changes may have been missed
                for submission_id in list(waiting):
                    ended(submission_id, calls.call("submission/get", {"submissionId": submission_id})["state"])
    return worst


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AirlockError as error:
        print("%s: %s" % (error.code, error), file=sys.stderr)
        sys.exit(75 if error.retryable else 1)
