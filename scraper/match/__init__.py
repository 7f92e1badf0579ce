"""The question from the patient's side: which trials take this person, which do not, and what nobody could check.

patient      the question, from parameters of an address or of the command line
candidates   trials about the condition, with their fields and criteria, read from the database
limits       a value of the patient against a limit: holds, fails, or cannot be said
wording      whether a criterion's words leave a doubt about what was read from it
judge        one trial: match, excluded because, unknown
engine       all of it, ranked
"""
