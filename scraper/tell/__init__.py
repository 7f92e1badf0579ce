"""What is new, told to people: trials at a date, differences, news, and the words for them."""
