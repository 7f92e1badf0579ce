# How many trials ask for which ECOG performance status at most. Run: Rscript limits.R trials.db
library(DBI)
connection <- dbConnect(RSQLite::SQLite(), commandArgs(trailingOnly = TRUE)[1], flags = RSQLite::SQLITE_RO)
limits <- dbGetQuery(connection, "
  select trial_id, value from criteria_constraints
  where variable = 'ecog' and comparator = '<=' and not conditional")
dbDisconnect(connection)
counts <- aggregate(trial_id ~ value, data = unique(limits), FUN = length)
write.table(counts, row.names = FALSE, col.names = FALSE)
