PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO _sqlite_migrations VALUES(1,'trials','m001_first_schema','2026-11-22 21:54:15.242664+00:00');
INSERT INTO _sqlite_migrations VALUES(2,'trials','m002_search','2026-11-22 21:54:15.274454+00:00');
CREATE TABLE trials (
    trial_id text primary key,
    registry text,
    brief_title text,
    acronym text,
    overall_status text,
    last_known_status text,
    study_type text,
    phase text,
    sex text,
    minimum_age text,
    maximum_age text,
    minimum_age_years real,
    maximum_age_years real,
    maximum_age_before_years real,
    healthy_volunteers integer,
    lead_sponsor text,
    lead_sponsor_class text,
    enrollment integer,
    enrollment_type text,
    start_date text,
    primary_completion_date text,
    completion_date text,
    first_posted_date text,
    results_first_posted_date text,
    verification_date text,
    last_update_posted_date text,
    has_results integer,
    url text,
    source text not null,
    source_id text not null,
    first_seen_at text not null,
    last_seen_at text not null,
    last_changed_at text not null,
    removed_at text
);
INSERT INTO trials VALUES('NCT99100001','ctgov','Lantern Therapy for Drowsy Lighthouse Keepers',NULL,'COMPLETED',NULL,'INTERVENTIONAL','PHASE1/PHASE2','ALL','6 Months','75 Years',0.5,75.0,76.0,0,'Institute of Coastal Light','OTHER',40,'ESTIMATED','2025-04',NULL,NULL,NULL,NULL,'2026-02','2026-05-01',0,'https://clinicaltrials.gov/study/NCT99100001','ctgov','NCT99100001','2025-06-15T15:06:40Z','2025-08-12T12:00:00Z','2026-05-01',NULL);
INSERT INTO trials VALUES('NCT99100002','ctgov','Foghorn Therapy',NULL,NULL,NULL,'INTERVENTIONAL','PHASE1/PHASE2','ALL','6 Months','75 Years',0.5,75.0,76.0,0,'Institute of Coastal Light','OTHER',40,'ESTIMATED','2025-04',NULL,NULL,NULL,NULL,'2026-02','2026-03-01',0,'https://clinicaltrials.gov/study/NCT99100002','ctgov','NCT99100002','2025-06-15T15:06:40Z','2025-06-15T15:06:40Z','2026-03-01',NULL);
CREATE TABLE trial_text (
    trial_id text primary key references trials(trial_id),
    official_title text,
    brief_summary text,
    detailed_description text,
    eligibility_criteria text,
    study_population text,
    why_stopped text
);
INSERT INTO trial_text VALUES('NCT99100001',NULL,'Does a brighter lantern keep keepers awake?',NULL,replace('Inclusion Criteria:\n\n* Age older than 6 months\n* Hemoglobin \>= 8 g/dL\n\nExclusion Criteria:\n\n* Pregnant or nursing women','\n',char(10)),NULL,NULL);
INSERT INTO trial_text VALUES('NCT99100002',NULL,'Does a brighter lantern keep keepers awake?',NULL,replace('Inclusion Criteria:\n\n* Age older than 6 months\n* Hemoglobin \>= 8 g/dL\n\nExclusion Criteria:\n\n* Pregnant or nursing women','\n',char(10)),NULL,NULL);
CREATE TABLE designs (
    trial_id text primary key references trials(trial_id),
    allocation text,
    intervention_model text,
    observational_model text,
    time_perspective text,
    primary_purpose text,
    masking text
);
INSERT INTO designs VALUES('NCT99100001',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO designs VALUES('NCT99100002',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE variables (
    code text primary key,
    label text not null,
    type text not null,
    default_unit text,
    loinc text
);
INSERT INTO variables VALUES('life_expectancy','Life expectancy','numeric',NULL,NULL);
INSERT INTO variables VALUES('gestational_age','Gestational age','numeric','weeks',NULL);
INSERT INTO variables VALUES('birth_weight','Birth weight','numeric',NULL,NULL);
INSERT INTO variables VALUES('weight_change','Weight loss or gain','numeric',NULL,NULL);
INSERT INTO variables VALUES('bmi','Body mass index','numeric','kg/m2','39156-5');
INSERT INTO variables VALUES('bsa','Body surface area','numeric','m2',NULL);
INSERT INTO variables VALUES('waist','Waist circumference','numeric','cm',NULL);
INSERT INTO variables VALUES('weight','Body weight','numeric','kg','29463-7');
INSERT INTO variables VALUES('height','Body height','numeric','cm','8302-2');
INSERT INTO variables VALUES('age','Age','numeric','years','30525-0');
INSERT INTO variables VALUES('ecog','ECOG, WHO or Zubrod performance status','ordinal',NULL,'89247-1');
INSERT INTO variables VALUES('karnofsky','Karnofsky performance status','ordinal','%','89243-0');
INSERT INTO variables VALUES('lansky','Lansky play-performance scale','ordinal','%',NULL);
INSERT INTO variables VALUES('nyha','NYHA functional class','ordinal',NULL,NULL);
INSERT INTO variables VALUES('asa','ASA physical status','ordinal',NULL,NULL);
INSERT INTO variables VALUES('child_pugh','Child-Pugh score','ordinal',NULL,NULL);
INSERT INTO variables VALUES('gleason','Gleason score','ordinal',NULL,NULL);
INSERT INTO variables VALUES('mmse','Mini-Mental State Examination','ordinal',NULL,NULL);
INSERT INTO variables VALUES('moca','Montreal Cognitive Assessment','ordinal',NULL,NULL);
INSERT INTO variables VALUES('edss','Expanded Disability Status Scale','ordinal',NULL,NULL);
INSERT INTO variables VALUES('mrs','Modified Rankin Scale','ordinal',NULL,NULL);
INSERT INTO variables VALUES('nihss','NIH Stroke Scale','ordinal',NULL,NULL);
INSERT INTO variables VALUES('gcs','Glasgow Coma Scale','ordinal',NULL,NULL);
INSERT INTO variables VALUES('phq9','Patient Health Questionnaire 9','ordinal',NULL,NULL);
INSERT INTO variables VALUES('pain_score','Pain score (NRS, VAS)','ordinal',NULL,NULL);
INSERT INTO variables VALUES('sbp','Systolic blood pressure','numeric','mmHg','8480-6');
INSERT INTO variables VALUES('dbp','Diastolic blood pressure','numeric','mmHg','8462-4');
INSERT INTO variables VALUES('bp','Blood pressure','numeric','mmHg','85354-9');
INSERT INTO variables VALUES('heart_rate','Heart rate','numeric','/min','8867-4');
INSERT INTO variables VALUES('resp_rate','Respiratory rate','numeric','/min','9279-1');
INSERT INTO variables VALUES('temperature','Body temperature','numeric','C','8310-5');
INSERT INTO variables VALUES('spo2','Oxygen saturation','numeric','%','59408-5');
INSERT INTO variables VALUES('pao2','Arterial oxygen pressure','numeric','mmHg','2703-7');
INSERT INTO variables VALUES('pf_ratio','PaO2/FiO2 ratio','numeric',NULL,NULL);
INSERT INTO variables VALUES('lvef','Left ventricular ejection fraction','numeric','%',NULL);
INSERT INTO variables VALUES('qtc','QTc interval','numeric','ms','8636-3');
INSERT INTO variables VALUES('fev1_fvc','FEV1/FVC','numeric','%',NULL);
INSERT INTO variables VALUES('fev1','FEV1','numeric','%',NULL);
INSERT INTO variables VALUES('fvc','Forced vital capacity','numeric','%',NULL);
INSERT INTO variables VALUES('dlco','Diffusing capacity for carbon monoxide','numeric','%',NULL);
INSERT INTO variables VALUES('ahi','Apnoea-hypopnoea index','numeric',NULL,NULL);
INSERT INTO variables VALUES('iop','Intraocular pressure','numeric','mmHg',NULL);
INSERT INTO variables VALUES('hba1c','HbA1c','numeric','%','4548-4');
INSERT INTO variables VALUES('hemoglobin','Haemoglobin','numeric','g/dL','718-7');
INSERT INTO variables VALUES('hematocrit','Haematocrit','numeric','%','4544-3');
INSERT INTO variables VALUES('platelets','Platelet count','numeric','10^9/L','777-3');
INSERT INTO variables VALUES('anc','Absolute neutrophil count','numeric','10^9/L','751-8');
INSERT INTO variables VALUES('alc','Absolute lymphocyte count','numeric','10^9/L','731-0');
INSERT INTO variables VALUES('aec','Eosinophil count','numeric','10^9/L','711-2');
INSERT INTO variables VALUES('wbc','White blood cell count','numeric','10^9/L','6690-2');
INSERT INTO variables VALUES('cd4','CD4 count','numeric','/uL',NULL);
INSERT INTO variables VALUES('inr','INR','numeric',NULL,'6301-6');
INSERT INTO variables VALUES('pt','Prothrombin time','numeric',NULL,'5902-2');
INSERT INTO variables VALUES('aptt','Activated partial thromboplastin time','numeric',NULL,'14979-9');
INSERT INTO variables VALUES('blasts','Blast count','numeric','%',NULL);
INSERT INTO variables VALUES('creat_clearance','Creatinine clearance','numeric','mL/min','2164-2');
INSERT INTO variables VALUES('egfr','Glomerular filtration rate','numeric','mL/min/1.73m2','33914-3');
INSERT INTO variables VALUES('creatinine','Serum creatinine','numeric','mg/dL','2160-0');
INSERT INTO variables VALUES('ast_alt','AST and ALT, stated together','numeric','xULN',NULL);
INSERT INTO variables VALUES('ast','Aspartate aminotransferase','numeric','xULN','1920-8');
INSERT INTO variables VALUES('alt','Alanine aminotransferase','numeric','xULN','1742-6');
INSERT INTO variables VALUES('alp','Alkaline phosphatase','numeric','xULN','6768-6');
INSERT INTO variables VALUES('ggt','Gamma-glutamyl transferase','numeric','xULN','2324-2');
INSERT INTO variables VALUES('bilirubin_direct','Direct bilirubin','numeric',NULL,'1968-7');
INSERT INTO variables VALUES('bilirubin','Total bilirubin','numeric','mg/dL','1975-2');
INSERT INTO variables VALUES('albumin','Serum albumin','numeric','g/dL','1751-7');
INSERT INTO variables VALUES('ldh','Lactate dehydrogenase','numeric',NULL,'14804-9');
INSERT INTO variables VALUES('bun','Urea nitrogen','numeric',NULL,'3094-0');
INSERT INTO variables VALUES('fasting_glucose','Fasting glucose','numeric','mg/dL',NULL);
INSERT INTO variables VALUES('glucose','Glucose','numeric','mg/dL','2345-7');
INSERT INTO variables VALUES('ldl','LDL cholesterol','numeric','mg/dL','13457-7');
INSERT INTO variables VALUES('hdl','HDL cholesterol','numeric','mg/dL','2085-9');
INSERT INTO variables VALUES('triglycerides','Triglycerides','numeric','mg/dL',NULL);
INSERT INTO variables VALUES('cholesterol','Total cholesterol','numeric','mg/dL','2093-3');
INSERT INTO variables VALUES('potassium','Potassium','numeric','mmol/L','2823-3');
INSERT INTO variables VALUES('sodium','Sodium','numeric','mmol/L','2951-2');
INSERT INTO variables VALUES('calcium','Calcium','numeric','mg/dL','17861-6');
INSERT INTO variables VALUES('magnesium','Magnesium','numeric','mg/dL','19123-9');
INSERT INTO variables VALUES('phosphate','Phosphate','numeric','mg/dL','2777-1');
INSERT INTO variables VALUES('uric_acid','Uric acid','numeric','mg/dL','3084-1');
INSERT INTO variables VALUES('crp','C-reactive protein','numeric','mg/L','1988-5');
INSERT INTO variables VALUES('esr','Erythrocyte sedimentation rate','numeric','mm/h',NULL);
INSERT INTO variables VALUES('ferritin','Ferritin','numeric','ng/mL','2276-4');
INSERT INTO variables VALUES('psa','Prostate-specific antigen','numeric','ng/mL','2857-1');
INSERT INTO variables VALUES('testosterone','Testosterone','numeric','ng/dL','2986-8');
INSERT INTO variables VALUES('tsh','Thyroid-stimulating hormone','numeric',NULL,'3016-3');
INSERT INTO variables VALUES('amh','Anti-Muellerian hormone','numeric','ng/mL',NULL);
INSERT INTO variables VALUES('fsh','Follicle-stimulating hormone','numeric',NULL,'15067-2');
INSERT INTO variables VALUES('bnp','BNP or NT-proBNP','numeric','pg/mL',NULL);
INSERT INTO variables VALUES('lipase','Lipase','numeric','xULN','3040-3');
INSERT INTO variables VALUES('amylase','Amylase','numeric','xULN','1798-8');
INSERT INTO variables VALUES('ck','Creatine kinase','numeric','xULN','2157-6');
INSERT INTO variables VALUES('proteinuria','Urine protein','numeric',NULL,NULL);
INSERT INTO variables VALUES('vitamin_d','25-hydroxyvitamin D','numeric','ng/mL','1989-3');
INSERT INTO variables VALUES('hiv_rna','HIV RNA','numeric','copies/mL',NULL);
INSERT INTO variables VALUES('hbv_dna','HBV DNA','numeric','IU/mL',NULL);
INSERT INTO variables VALUES('tumor_size','Tumour or lesion size','numeric',NULL,NULL);
INSERT INTO variables VALUES('cigarettes','Cigarettes a day','numeric','/day',NULL);
INSERT INTO variables VALUES('alcohol','Alcohol intake','numeric',NULL,NULL);
INSERT INTO variables VALUES('time_window','Time before or after an event','numeric',NULL,NULL);
CREATE TABLE criteria (
    id integer primary key,
    trial_id text not null references trials(trial_id),
    kind text not null,
    kind_source text not null,
    position integer not null,
    parent_id integer references criteria(id),
    depth integer not null,
    section text,
    text text not null,
    raw_start integer not null,
    raw_end integer not null
);
INSERT INTO criteria VALUES(1623654416384,'NCT99100001','inclusion','heading',0,NULL,0,'Inclusion Criteria','Age older than 6 months',23,46);
INSERT INTO criteria VALUES(1623654416385,'NCT99100001','inclusion','heading',1,NULL,0,'Inclusion Criteria','Hemoglobin >= 8 g/dL',49,70);
INSERT INTO criteria VALUES(1623654416386,'NCT99100001','exclusion','heading',2,NULL,0,'Exclusion Criteria','Pregnant or nursing women',95,120);
INSERT INTO criteria VALUES(1623654432768,'NCT99100002','inclusion','heading',0,NULL,0,'Inclusion Criteria','Age older than 6 months',23,46);
INSERT INTO criteria VALUES(1623654432769,'NCT99100002','inclusion','heading',1,NULL,0,'Inclusion Criteria','Hemoglobin >= 8 g/dL',49,70);
INSERT INTO criteria VALUES(1623654432770,'NCT99100002','exclusion','heading',2,NULL,0,'Exclusion Criteria','Pregnant or nursing women',95,120);
CREATE TABLE criteria_constraints (
    criterion_id integer not null references criteria(id),
    position integer not null,
    trial_id text not null references trials(trial_id),
    variable text not null references variables(code),
    comparator text not null,
    value real not null,
    unit text,
    canonical_value real,
    canonical_unit text,
    conditional integer not null,
    condition_text text,
    window_value real,
    window_unit text,
    evidence text not null,
    evidence_start integer not null,
    evidence_end integer not null,
    rule text not null,
    confidence real not null,
    primary key (criterion_id, position)
) without rowid;
INSERT INTO criteria_constraints VALUES(1623654416384,0,'NCT99100001','age','>',6.0,'months',182.62499999999999999,'day',0,NULL,NULL,NULL,'older than 6 months',4,23,'age:prefix',0.94999999999999995559);
INSERT INTO criteria_constraints VALUES(1623654416385,0,'NCT99100001','hemoglobin','>=',8.0,'g/dL',80.0,'g/L',0,NULL,NULL,NULL,'>= 8 g/dL',11,20,'back:prefix',0.94999999999999995559);
INSERT INTO criteria_constraints VALUES(1623654432768,0,'NCT99100002','age','>',6.0,'months',182.62499999999999999,'day',0,NULL,NULL,NULL,'older than 6 months',4,23,'age:prefix',0.94999999999999995559);
INSERT INTO criteria_constraints VALUES(1623654432769,0,'NCT99100002','hemoglobin','>=',8.0,'g/dL',80.0,'g/L',0,NULL,NULL,NULL,'>= 8 g/dL',11,20,'back:prefix',0.94999999999999995559);
CREATE TABLE criteria_flags (
    criterion_id integer not null references criteria(id),
    flag text not null,
    trial_id text not null references trials(trial_id),
    primary key (criterion_id, flag)
) without rowid;
INSERT INTO criteria_flags VALUES(1623654416386,'lactation','NCT99100001');
INSERT INTO criteria_flags VALUES(1623654416386,'pregnancy','NCT99100001');
INSERT INTO criteria_flags VALUES(1623654416386,'sex_female','NCT99100001');
INSERT INTO criteria_flags VALUES(1623654432770,'lactation','NCT99100002');
INSERT INTO criteria_flags VALUES(1623654432770,'pregnancy','NCT99100002');
INSERT INTO criteria_flags VALUES(1623654432770,'sex_female','NCT99100002');
CREATE TABLE records (
    source text not null,
    source_id text not null,
    trial_id text not null references trials(trial_id),
    url text,
    status_raw text,
    age_raw text,
    sex_raw text,
    phase_raw text,
    sponsor_raw text,
    updated_raw text,
    fetched_at text not null,
    sha256 text not null,
    parser_version text not null,
    is_partial integer not null default 0,
    primary key (source, source_id)
) without rowid;
INSERT INTO records VALUES('ctgov','NCT99100001','NCT99100001','https://clinicaltrials.gov/study/NCT99100001','COMPLETED','6 Months to 75 Years','ALL','PHASE1|PHASE2','Institute of Coastal Light','2026-05-01','2025-08-12T12:00:00Z','bdd1919d964c187e6cdaa7d5b4e9aa55b55fba3a82fdf1cece531d3b63277981','ctgov-2',0);
INSERT INTO records VALUES('ctgov','NCT99100002','NCT99100002','https://clinicaltrials.gov/study/NCT99100002','PONDERING','6 Months to 75 Years','ALL','PHASE1|PHASE2','Institute of Coastal Light','2026-03-01','2025-06-15T15:06:40Z','b0b402a05277639318aca8723d5062865f6f62b8ceb172089cba33b479dbef96','ctgov-2',0);
INSERT INTO records VALUES('trialx','trialx-990001','NCT99100001','https://www.trialx.com/clinical-trials/listings/990001/','Recruiting','6-75 years','All','Phase 1/2','Institute of Coastal Light','13 May 2026','2025-06-15T15:06:40Z','95e847cdc8712926007760e6ed1a485f4e67fa17d3c167d7abf0f8f7a32eb1c7','1',0);
CREATE TABLE changes (
    trial_id text not null references trials(trial_id),
    position integer not null,
    field text not null,
    old text,
    new text,
    observed_at text not null,
    severity text not null,
    source text not null,
    primary key (trial_id, position)
) without rowid;
INSERT INTO changes VALUES('NCT99100001',0,'overall_status','RECRUITING','COMPLETED','2026-05-01','high','ctgov');
CREATE TABLE conflicts (
    trial_id text not null references trials(trial_id),
    position integer not null,
    rule text not null,
    field text not null,
    value_a text not null,
    source_a text not null,
    quote_a text not null,
    date_a text,
    value_b text not null,
    source_b text not null,
    quote_b text not null,
    date_b text,
    primary key (trial_id, position)
) without rowid;
INSERT INTO conflicts VALUES('NCT99100001',0,'age_between_sources','minimum_age','6-75 years','trialx','6-75 years','2026-05-13','6 Months','ctgov','6 Months','2026-05-01');
CREATE TABLE links (
    trial_id text not null references trials(trial_id),
    other_id text not null,
    relation text not null,
    evidence text not null,
    confidence real not null,
    primary key (trial_id, other_id, relation)
) without rowid;
CREATE TABLE problems (
    trial_id text,
    source text not null,
    source_id text not null,
    url text not null,
    stage text not null,
    field text not null,
    found text not null,
    expected text not null,
    seen_at text not null
);
INSERT INTO problems VALUES('NCT99100002','ctgov','NCT99100002','https://clinicaltrials.gov/study/NCT99100002','normalise','overall_status','PONDERING','a recruitment status listed in normalise/status.py','2025-06-15T15:06:40Z');
INSERT INTO problems VALUES(NULL,'','bread.txt','saved/bread.txt','archive','','a file that no source knows, which starts ''bread, milk''','a page or record of a known source (see `trials sources`; name it with --source)','2025-06-15T15:06:40Z');
CREATE TABLE runs (
    id integer primary key,
    command text not null,
    source text,
    arguments text not null,
    started_at text not null,
    finished_at text,
    expected integer,
    fetched integer not null,
    unchanged integer not null,
    failed integer not null
);
CREATE TABLE stats (
    name text not null,
    key text not null,
    value integer not null,
    primary key (name, key)
) without rowid;
INSERT INTO stats VALUES('changes','high',1);
INSERT INTO stats VALUES('condition','Drowsiness',2);
INSERT INTO stats VALUES('conflicts','age_between_sources',1);
INSERT INTO stats VALUES('criteria','exclusion',2);
INSERT INTO stats VALUES('criteria','inclusion',4);
INSERT INTO stats VALUES('facet_lead_sponsor_class','OTHER',2);
INSERT INTO stats VALUES('facet_overall_status','COMPLETED',1);
INSERT INTO stats VALUES('facet_phase','PHASE1/PHASE2',2);
INSERT INTO stats VALUES('facet_sex','ALL',2);
INSERT INTO stats VALUES('facet_study_type','INTERVENTIONAL',2);
INSERT INTO stats VALUES('lead_sponsor_class','OTHER',2);
INSERT INTO stats VALUES('maximum_age','75',2);
INSERT INTO stats VALUES('minimum_age','0.5',2);
INSERT INTO stats VALUES('overall_status','',1);
INSERT INTO stats VALUES('overall_status','COMPLETED',1);
INSERT INTO stats VALUES('phase','PHASE1/PHASE2',2);
INSERT INTO stats VALUES('problems','archive',1);
INSERT INTO stats VALUES('problems','normalise',1);
INSERT INTO stats VALUES('records','ctgov',2);
INSERT INTO stats VALUES('records','trialx',1);
INSERT INTO stats VALUES('sex','ALL',2);
INSERT INTO stats VALUES('source','ctgov',2);
INSERT INTO stats VALUES('sponsor','Institute of Coastal Light',2);
INSERT INTO stats VALUES('start_year','2025',2);
INSERT INTO stats VALUES('study_type','INTERVENTIONAL',2);
INSERT INTO stats VALUES('trials','all',2);
INSERT INTO stats VALUES('variable','age',2);
INSERT INTO stats VALUES('variable','hemoglobin',2);
CREATE TABLE meta (
    key text primary key,
    value text not null
) without rowid;
INSERT INTO meta VALUES('attribution_ctgov','ClinicalTrials.gov, U.S. National Library of Medicine');
INSERT INTO meta VALUES('attribution_ctis','Clinical Trials Information System (CTIS), European Medicines Agency');
INSERT INTO meta VALUES('attribution_drks','German Clinical Trials Register (DRKS), Federal Institute for Drugs and Medical Devices (BfArM)');
INSERT INTO meta VALUES('attribution_ictrp','WHO International Clinical Trials Registry Platform, and the primary registry named in the record');
INSERT INTO meta VALUES('attribution_isrctn','ISRCTN registry (BMC, Springer Nature), with the trial''s DOI 10.1186/ISRCTN…');
INSERT INTO meta VALUES('attribution_trialx','Listing text from TrialX (www.trialx.com), which re-publishes registry records');
INSERT INTO meta VALUES('criteria','6');
INSERT INTO meta VALUES('licence_ctgov','public domain; terms at https://clinicaltrials.gov/about-site/terms-conditions');
INSERT INTO meta VALUES('licence_ctis','the terms of the European Medicines Agency (euclinicaltrials.eu) apply; read them before reuse');
INSERT INTO meta VALUES('licence_drks','the register''s terms (drks.de) apply; read them before reuse');
INSERT INTO meta VALUES('licence_ictrp','non-commercial use under WHO''s terms: https://www.who.int/tools/clinical-trials-registry-platform');
INSERT INTO meta VALUES('licence_isrctn','the registry''s terms (isrctn.com) apply; read them before reuse');
INSERT INTO meta VALUES('licence_trialx','Terms of the site: https://www.trialx.com/terms/ (Applied Informatics Inc.), to be read before a crawl; no open licence is known');
INSERT INTO meta VALUES('parser_versions','{"ctgov": "ctgov-2", "ctis": "ctis-1", "drks": "drks-1", "ictrp": "ictrp-1", "isrctn": "isrctn-1", "trialx": "1"}');
INSERT INTO meta VALUES('program_version','0.1.0');
INSERT INTO meta VALUES('records','3');
INSERT INTO meta VALUES('snapshot_at','2025-08-12T12:00:00Z');
INSERT INTO meta VALUES('title_ctgov','ClinicalTrials.gov');
INSERT INTO meta VALUES('title_ctis','Clinical Trials Information System of the EU (CTIS)');
INSERT INTO meta VALUES('title_drks','German Clinical Trials Register (DRKS)');
INSERT INTO meta VALUES('title_ictrp','WHO International Clinical Trials Registry Platform (ICTRP)');
INSERT INTO meta VALUES('title_isrctn','ISRCTN registry');
INSERT INTO meta VALUES('title_trialx','TrialX');
INSERT INTO meta VALUES('trials','2');
CREATE TABLE trial_digests (
    trial_id text primary key references trials(trial_id),
    digest text not null
) without rowid;
INSERT INTO trial_digests VALUES('NCT99100001','382a7e545857f81422a90558b161ccb6');
INSERT INTO trial_digests VALUES('NCT99100002','3be233a000aac0991a8cdd8bc5f72997');
CREATE TABLE search_filter (
    id integer primary key,
    trial_id text not null unique references trials(trial_id),
    overall_status text,
    study_type text,
    phase text,
    sex text,
    minimum_age_years real,
    maximum_age_before_years real,
    healthy_volunteers integer,
    lead_sponsor_class text,
    enrollment integer,
    start_date text,
    last_update_posted_date text,
    has_results integer,
    removed integer not null
, countries text);
INSERT INTO search_filter VALUES(99100001,'NCT99100001','COMPLETED','INTERVENTIONAL','PHASE1/PHASE2','ALL',0.5,76.0,0,'OTHER',40,'2025-04','2026-05-01',0,0,NULL);
INSERT INTO search_filter VALUES(99100002,'NCT99100002',NULL,'INTERVENTIONAL','PHASE1/PHASE2','ALL',0.5,76.0,0,'OTHER',40,'2025-04','2026-03-01',0,0,NULL);
CREATE TABLE conditions (trial_id text not null references trials(trial_id), position integer not null, name text not null, primary key (trial_id, position)) without rowid;
INSERT INTO conditions VALUES('NCT99100001',0,'Drowsiness');
INSERT INTO conditions VALUES('NCT99100002',0,'Drowsiness');
CREATE TABLE keywords (trial_id text not null references trials(trial_id), position integer not null, name text not null, primary key (trial_id, position)) without rowid;
CREATE TABLE mesh_terms (trial_id text not null references trials(trial_id), position integer not null, kind text not null, mesh_id text, term text not null, is_ancestor integer not null, primary key (trial_id, position)) without rowid;
CREATE TABLE interventions (trial_id text not null references trials(trial_id), position integer not null, intervention_type text, name text, description text, primary key (trial_id, position)) without rowid;
CREATE TABLE intervention_other_names (trial_id text not null references trials(trial_id), position integer not null, intervention_position integer not null, name text not null, primary key (trial_id, position)) without rowid;
CREATE TABLE arms (trial_id text not null references trials(trial_id), position integer not null, group_type text, title text, description text, primary key (trial_id, position)) without rowid;
CREATE TABLE arm_interventions (trial_id text not null references trials(trial_id), position integer not null, arm_position integer not null, intervention_name text not null, primary key (trial_id, position)) without rowid;
CREATE TABLE outcomes (trial_id text not null references trials(trial_id), position integer not null, outcome_type text not null, measure text, time_frame text, description text, primary key (trial_id, position)) without rowid;
CREATE TABLE study_references (trial_id text not null references trials(trial_id), position integer not null, reference_type text, pmid text, citation text, url text, primary key (trial_id, position)) without rowid;
CREATE TABLE sponsors (trial_id text not null references trials(trial_id), position integer not null, name text not null, class text, role text not null, primary key (trial_id, position)) without rowid;
INSERT INTO sponsors VALUES('NCT99100001',0,'Institute of Coastal Light','OTHER','lead');
INSERT INTO sponsors VALUES('NCT99100002',0,'Institute of Coastal Light','OTHER','lead');
CREATE TABLE sites (trial_id text not null references trials(trial_id), position integer not null, facility text, city text, state text, zip text, country text, latitude real, longitude real, status text, primary key (trial_id, position)) without rowid;
CREATE TABLE secondary_ids (trial_id text not null references trials(trial_id), position integer not null, id_value text not null, id_type text not null, label text, domain text, link text, primary key (trial_id, position)) without rowid;
INSERT INTO secondary_ids VALUES('NCT99100001',0,'ICL-7','other','ORG_STUDY_ID',NULL,NULL);
INSERT INTO secondary_ids VALUES('NCT99100002',0,'ICL-7','other','ORG_STUDY_ID',NULL,NULL);
CREATE TABLE synonyms (
    abbreviation text not null collate nocase,
    expansion text not null,
    expansion_key text not null,
    trials integer not null,
    primary key (abbreviation, expansion)
) without rowid;
CREATE TABLE mesh_names (
    name text not null,
    term text not null,
    trials integer not null,
    primary key (name, term)
) without rowid;
CREATE TABLE inferred_terms (
    trial_id text not null references trials(trial_id),
    position integer not null,
    term text not null,
    is_ancestor integer not null,
    evidence text,
    primary key (trial_id, position)
) without rowid;
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','trials_fts','trials_fts',0,'CREATE VIRTUAL TABLE trials_fts using fts5(brief_title, official_title, acronym, conditions, keywords, condition_mesh, intervention_mesh, inferred_mesh, interventions, other_names, sponsors, ids, content=''trials_fts_source'', content_rowid=''id'', tokenize=''unicode61 remove_diacritics 2'', prefix=''3'')');
CREATE TABLE IF NOT EXISTS 'trials_fts_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO trials_fts_data VALUES(1,X'02080000060000000000000c0c');
INSERT INTO trials_fts_data VALUES(10,X'000000020101010001010101');
INSERT INTO trials_fts_data VALUES(137438953473,X'000001d9023037afa0ca6106010b060106010b060107636f617374616cafa0ca6106010a050106010a05010a64726f7773696e657373afa0ca61060103030106010303060179afa0ca6102050107666f67686f726eafa0ca620202030172afa0ca610204010369636cafa0ca6106010b050106010b0502086e73746974757465afa0ca6106010a030106010a0301076b656570657273afa0ca61020701076c616e7465726eafa0ca610202020469676874afa0ca6106010a060106010a060605686f757365afa0ca610206010b6e63743939313030303031afa0ca6106010b030b0132afa0ca6206010b0301026f66afa0ca6106010a040106010a04010774686572617079afa0ca6102030102030103ee8082afa0ca611a01030204010a0207010b020405011a01030204010a0207010b020405000431636f61afa0ca6106010a050106010a05010364726fafa0ca61080501030301060103030103666f67afa0ca620202030172afa0ca610204010369636cafa0ca6106010b050106010b0502026e73afa0ca6106010a030106010a0301036b6565afa0ca61020701036c616eafa0ca61020202026967afa0ca610806010a060106010a0601036e6374afa0ca6106010b030106010b030103746865afa0ca61020301020304101619090f0912170f0f130d150b11122613130b0912110b0b1212');
CREATE TABLE IF NOT EXISTS 'trials_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO trials_fts_idx VALUES(1,X'',2);
CREATE TABLE IF NOT EXISTS 'trials_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO trials_fts_docsize VALUES(99100001,X'060000030000000000000606');
INSERT INTO trials_fts_docsize VALUES(99100002,X'020000030000000000000606');
CREATE TABLE IF NOT EXISTS 'trials_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO trials_fts_config VALUES('hashsize',1048576);
INSERT INTO trials_fts_config VALUES('version',4);
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','trials_fts_words','trials_fts_words',0,'CREATE VIRTUAL TABLE trials_fts_words using fts5vocab(trials_fts, row)');
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','criteria_fts','criteria_fts',0,'CREATE VIRTUAL TABLE criteria_fts using fts5(eligibility_criteria, content=''criteria_fts_source'', content_rowid=''id'', tokenize=''unicode61 remove_diacritics 2'', prefix=''3'')');
CREATE TABLE IF NOT EXISTS 'criteria_fts_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO criteria_fts_data VALUES(1,X'0222');
INSERT INTO criteria_fts_data VALUES(10,X'000000020101010001010101');
INSERT INTO criteria_fts_data VALUES(137438953473,X'000001a3023036afa0ca610207010207010138afa0ca61020a01020a0103616765afa0ca61020401020401086372697465726961afa0ca6104030d0104030d0102646cafa0ca61020c01020c01096578636c7573696f6eafa0ca61020d01020d010167afa0ca61020b01020b010a68656d6f676c6f62696eafa0ca6102090102090109696e636c7573696f6eafa0ca61020201020201066d6f6e746873afa0ca61020801020801076e757273696e67afa0ca61021101021101056f6c646572afa0ca610205010205020172afa0ca6102100102100108707265676e616e74afa0ca61020f01020f01047468616eafa0ca6102060102060105776f6d656eafa0ca610212010212000431616765afa0ca6102040102040103637269afa0ca6104030d0104030d0103657863afa0ca61020d01020d010368656dafa0ca6102090102090103696e63afa0ca61020201020201036d6f6eafa0ca61020801020801036e7572afa0ca61021101021101036f6c64afa0ca6102050102050103707265afa0ca61020f01020f0103746861afa0ca6102060102060103776f6dafa0ca610212010212040c0c0e150d140c15141112100c130f100f100e0e0e0e0e0e0e0e');
CREATE TABLE IF NOT EXISTS 'criteria_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO criteria_fts_idx VALUES(1,X'',2);
CREATE TABLE IF NOT EXISTS 'criteria_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO criteria_fts_docsize VALUES(99100001,X'11');
INSERT INTO criteria_fts_docsize VALUES(99100002,X'11');
CREATE TABLE IF NOT EXISTS 'criteria_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO criteria_fts_config VALUES('hashsize',1048576);
INSERT INTO criteria_fts_config VALUES('version',4);
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','criteria_fts_words','criteria_fts_words',0,'CREATE VIRTUAL TABLE criteria_fts_words using fts5vocab(criteria_fts, row)');
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 VALUES('criteria_fts_config','criteria_fts_config','2 1');
INSERT INTO sqlite_stat1 VALUES('criteria_fts_idx','criteria_fts_idx','1 1 1');
INSERT INTO sqlite_stat1 VALUES('criteria_fts_data',NULL,'3');
INSERT INTO sqlite_stat1 VALUES('criteria_flags','criteria_flags_flag','6 2');
INSERT INTO sqlite_stat1 VALUES('criteria_flags','criteria_flags','6 3 1');
INSERT INTO sqlite_stat1 VALUES('trials','trials_last_changed_at','2 1');
INSERT INTO sqlite_stat1 VALUES('trials','trials_last_update_posted_date','2 1');
INSERT INTO sqlite_stat1 VALUES('trials','trials_start_date','2 2');
INSERT INTO sqlite_stat1 VALUES('trials','trials_lead_sponsor','2 2');
INSERT INTO sqlite_stat1 VALUES('trials','trials_lead_sponsor_class','2 2');
INSERT INTO sqlite_stat1 VALUES('trials','trials_study_type','2 2');
INSERT INTO sqlite_stat1 VALUES('trials','trials_sex','2 2');
INSERT INTO sqlite_stat1 VALUES('trials','trials_phase','2 2');
INSERT INTO sqlite_stat1 VALUES('trials','trials_overall_status','2 1');
INSERT INTO sqlite_stat1 VALUES('trials','sqlite_autoindex_trials_1','2 1');
INSERT INTO sqlite_stat1 VALUES('criteria_constraints','criteria_constraints_trial_id','4 2');
INSERT INTO sqlite_stat1 VALUES('criteria_constraints','criteria_constraints_variable','4 2');
INSERT INTO sqlite_stat1 VALUES('criteria_constraints','criteria_constraints','4 1 1');
INSERT INTO sqlite_stat1 VALUES('meta','meta','24 1');
INSERT INTO sqlite_stat1 VALUES('conflicts','conflicts_rule','1 1');
INSERT INTO sqlite_stat1 VALUES('conflicts','conflicts','1 1 1');
INSERT INTO sqlite_stat1 VALUES('_sqlite_migrations','idx__sqlite_migrations_migration_set_name','2 2 1');
INSERT INTO sqlite_stat1 VALUES('designs','sqlite_autoindex_designs_1','2 1');
INSERT INTO sqlite_stat1 VALUES('variables','sqlite_autoindex_variables_1','100 1');
INSERT INTO sqlite_stat1 VALUES('trial_text','sqlite_autoindex_trial_text_1','2 1');
INSERT INTO sqlite_stat1 VALUES('trials_fts_config','trials_fts_config','2 1');
INSERT INTO sqlite_stat1 VALUES('records','records_trial_id','3 2');
INSERT INTO sqlite_stat1 VALUES('records','records','3 2 1');
INSERT INTO sqlite_stat1 VALUES('changes','changes_observed_at','1 1');
INSERT INTO sqlite_stat1 VALUES('changes','changes','1 1 1');
INSERT INTO sqlite_stat1 VALUES('problems','problems_stage','2 1');
INSERT INTO sqlite_stat1 VALUES('problems','problems_trial_id','2 1');
INSERT INTO sqlite_stat1 VALUES('trials_fts_data',NULL,'3');
INSERT INTO sqlite_stat1 VALUES('trials_fts_docsize',NULL,'2');
INSERT INTO sqlite_stat1 VALUES('search_filter','search_filter_start_date','2 2');
INSERT INTO sqlite_stat1 VALUES('search_filter','search_filter_last_update_posted_date','2 1');
INSERT INTO sqlite_stat1 VALUES('search_filter','sqlite_autoindex_search_filter_1','2 1');
INSERT INTO sqlite_stat1 VALUES('trial_digests','trial_digests','2 1');
INSERT INTO sqlite_stat1 VALUES('conditions','conditions_name','2 2');
INSERT INTO sqlite_stat1 VALUES('conditions','conditions','2 1 1');
INSERT INTO sqlite_stat1 VALUES('criteria','criteria_trial_id','6 3');
INSERT INTO sqlite_stat1 VALUES('sponsors','sponsors_name','2 2');
INSERT INTO sqlite_stat1 VALUES('sponsors','sponsors','2 1 1');
INSERT INTO sqlite_stat1 VALUES('secondary_ids','secondary_ids_id_value','2 2');
INSERT INTO sqlite_stat1 VALUES('secondary_ids','secondary_ids','2 1 1');
INSERT INTO sqlite_stat1 VALUES('criteria_fts_docsize',NULL,'2');
INSERT INTO sqlite_stat1 VALUES('stats','stats','28 2 1');
INSERT INTO sqlite_stat1 VALUES('trials_fts_idx','trials_fts_idx','1 1 1');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX synonyms_expansion_key on synonyms(expansion_key);
CREATE INDEX mesh_names_term on mesh_names(term);
CREATE INDEX search_filter_removed on search_filter(id) where removed = 1;
CREATE VIEW trials_fts_source as select f.id as id,
    t.brief_title as brief_title,
    x.official_title as official_title,
    t.acronym as acronym,
    (select ' ' || group_concat(name, '  ') || ' ' from conditions where conditions.trial_id = f.trial_id) as conditions,
    (select ' ' || group_concat(name, '  ') || ' ' from keywords where keywords.trial_id = f.trial_id) as keywords,
    (select ' ' || group_concat(term, '  ') || ' ' from mesh_terms where mesh_terms.trial_id = f.trial_id and kind = 'condition') as condition_mesh,
    (select ' ' || group_concat(term, '  ') || ' ' from mesh_terms where mesh_terms.trial_id = f.trial_id and kind = 'intervention') as intervention_mesh,
    (select ' ' || group_concat(term, '  ') || ' ' from inferred_terms where inferred_terms.trial_id = f.trial_id) as inferred_mesh,
    (select ' ' || group_concat(name, '  ') || ' ' from interventions where interventions.trial_id = f.trial_id) as interventions,
    (select ' ' || group_concat(name, '  ') || ' ' from intervention_other_names where intervention_other_names.trial_id = f.trial_id) as other_names,
    (select ' ' || group_concat(name, '  ') || ' ' from sponsors where sponsors.trial_id = f.trial_id) as sponsors,
    ' ' || f.trial_id || coalesce(' ' || (select ' ' || group_concat(id_value, '  ') || ' ' from secondary_ids where secondary_ids.trial_id = f.trial_id), ' ') as ids
from search_filter f cross join trials t on t.trial_id = f.trial_id left join trial_text x on x.trial_id = f.trial_id;
CREATE VIEW criteria_fts_source as select f.id as id,
    x.eligibility_criteria as eligibility_criteria
from search_filter f cross join trials t on t.trial_id = f.trial_id left join trial_text x on x.trial_id = f.trial_id;
CREATE INDEX trials_overall_status on trials(overall_status);
CREATE INDEX trials_phase on trials(phase);
CREATE INDEX trials_sex on trials(sex);
CREATE INDEX trials_study_type on trials(study_type);
CREATE INDEX trials_lead_sponsor_class on trials(lead_sponsor_class);
CREATE INDEX trials_lead_sponsor on trials(lead_sponsor);
CREATE INDEX trials_start_date on trials(start_date);
CREATE INDEX trials_last_update_posted_date on trials(last_update_posted_date);
CREATE INDEX trials_last_changed_at on trials(last_changed_at);
CREATE INDEX conditions_name on conditions(name);
CREATE INDEX keywords_name on keywords(name);
CREATE INDEX mesh_terms_term on mesh_terms(term);
CREATE INDEX interventions_name on interventions(name);
CREATE INDEX sponsors_name on sponsors(name);
CREATE INDEX sites_country on sites(country);
CREATE INDEX sites_latitude_longitude_status on sites(latitude, longitude, status);
CREATE INDEX secondary_ids_id_value on secondary_ids(id_value);
CREATE INDEX criteria_trial_id on criteria(trial_id);
CREATE INDEX criteria_constraints_variable on criteria_constraints(variable);
CREATE INDEX criteria_constraints_trial_id on criteria_constraints(trial_id);
CREATE INDEX criteria_flags_flag on criteria_flags(flag);
CREATE INDEX records_trial_id on records(trial_id);
CREATE INDEX changes_observed_at on changes(observed_at);
CREATE INDEX conflicts_rule on conflicts(rule);
CREATE INDEX links_other_id on links(other_id);
CREATE INDEX problems_trial_id on problems(trial_id);
CREATE INDEX problems_stage on problems(stage);
CREATE INDEX search_filter_last_update_posted_date on search_filter(last_update_posted_date);
CREATE INDEX search_filter_start_date on search_filter(start_date);
PRAGMA writable_schema=OFF;
COMMIT;
