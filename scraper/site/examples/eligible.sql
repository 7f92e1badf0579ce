-- Trials that recruit and would take a person of 34. Run: sqlite3 -readonly trials.db < eligible.sql
-- A stated limit that could not be read looks like none: without the last condition such trials are found too.
select trial_id, minimum_age, maximum_age, brief_title
from trials
where overall_status = 'RECRUITING' and removed_at is null
  and (minimum_age_years is null or minimum_age_years <= 34)
  and (maximum_age_before_years is null or 34 < maximum_age_before_years)
  and ages_unread is null
order by trial_id;
