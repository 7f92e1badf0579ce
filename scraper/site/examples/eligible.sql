-- Trials that recruit and would take a person of 34. Run: sqlite3 -readonly trials.db < eligible.sql
select trial_id, minimum_age, maximum_age, brief_title
from trials
where overall_status = 'RECRUITING' and removed_at is null
  and (minimum_age_years is null or minimum_age_years <= 34)
  and (maximum_age_before_years is null or 34 < maximum_age_before_years)
order by trial_id;
