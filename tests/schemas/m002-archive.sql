PRAGMA user_version=1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE pages (
    id integer primary key,
    source text not null,
    url text not null,
    fetched_at text not null,
    status integer not null,
    headers text not null,
    name text not null,
    path text not null,
    sha256 text not null,
    body blob not null,
    unique (url, fetched_at, sha256)
);
INSERT INTO pages VALUES(1,'ctgov','https://clinicaltrials.gov/api/v2/studies/NCT99100001','2025-06-15T15:06:40Z',200,'{}','NCT99100001.json','saved/NCT99100001.json','9e9637e56917dde703635a7576c4d8a78a753298f3fd9a4fbf2cd9cd6661ed2e',X'28b52ffd602e0355130046e46c2400b1e81603538e5aa47d2f09b111f82ae97ac17f4bfd883dc67a20c6b78a5b97feff3f84620062006400e91ee4ad98aa03aa676cbd55b90b765c83bb82cd1cec60d96a49b8adbf7969ef248ebade347c743403c8851239e66c44451d2a7b4dd5dcf0d1049ee779041010240aa6e1a451d14fab2fa3f82127c771bf4ab9c68193b6ec7e52cde3899f1b6b1c010d1284e79b5ebe275390c3a89fbd7bdfe8cad550a9aff9b37993ef31a5d99731870c3c1089730426f19eaf5d20098902619d27782005d44f59bfe63bdf19309114496428968ce6bd6ccde0c80391449e48fbac50ea38ae75c2b3cff78b0a9c34570f9ebd69a374adef9ad279f7dcc655ee69c522410f91a4b13c049bf1f4abd77bdcab0d1f172d62d1400d11cdc22e100622923096898c45c2445287cade2be74a5d34775dd71cb53c2d28466a247a2ba68af1b0b53798e8ca954ee775651accf5e44a652c011dff32d78ca7e59d4a8105061b793da0a482aeec72ebae0bb4a1def0a1fe928313fdcd1e4f74ac7fa9d6eac51a58adf3ce169bf137b7d28ed8b05ca8800a0f3041c1c202d76df8557c69835bbf7ca10437adc756ea316a0521c05aacc504975d4aa8a190528a31a5108dc8044d92362042a214743d1180c93323532cd99a039ce614f06e79d0be1cac42af49846a44953d5b08ce286a34fa3a3125e9061b5970819b0277e010f4ba874752f50e21e9704074f47666a887a66497579de66d201ac7d95c3a13108fd5e9be73449b18b506c765b025e133bb5b4cf1c17d5819f33cd62aba4bfcc3e94183fd1e1cc68c0bb64c6ccc067d52a80c6d1c44f1a1e346ce8ecc72d9bd5b2eb76a005a6fd829655fb0cda901');
INSERT INTO pages VALUES(2,'ctgov','https://clinicaltrials.gov/api/v2/studies/NCT99100002','2025-06-15T15:06:40Z',200,'{}','NCT99100002.json','saved/NCT99100002.json','b0b402a05277639318aca8723d5062865f6f62b8ceb172089cba33b479dbef96',X'28b52ffd600f03bd120026e36925f0d0e84ca85aca31c93db6b4d482791ec21f431b2d4ca4a54569d5fa37b54826b289ec5301600061005f00ed9352a9ebb85609cf3edf2b2850d25c3ddd8b3e9e6cbd26dce6cb6286f66eeaa86b4e43c7463378582692e3ce4a95f4a9b2d758cd0d1d0d024110248080304d2e0d25ad929e5a7d59c50f49b98efbd5ca350d94b465f7946a1e53fcdc9ea6114cf9746258a6f1b8a65cab4cc56182f07cd45f96b3e0cbf7e4097618f5b377ef2b61b99a2af5357f3673f23d9e34fbb2c705a0c700f48838633c11eff99a258a982691e7f304d0a3a07a2aebd77ce77bc345ca542817088ce6bd6cbd78442010241b092e3bcf1eb552bad6773df9bc7b8ee32cf7945299a20769d2542082cd98fa55ec3deed5868e8a06a96822074cbb3c96e802214d978a44a6325da4c92de75a5534775de718dc94e6aa656a412d1223d15b3daa16b8adbff9b0b53998e81a1bff32d78ce7e59d3a81050619893d60c48ab00c73eb304b94a1ded0a1feb2d3aabfd96389cff52ff55ac51803ad75ded96233fee65ada988c8aa50ab0f0001314361b5cc7e16731a60e7efd328611dcbc1e5babc7a8568400bbd947a88114c51063ccd49088082d680e2042a214743d1180493323632c3596399ceb28406d8f837079a8e2ac894f7510c6de42704651a3d1d7897f12d9602bcb2d0e2898d16b855e41822357c79e7eaa014544176186d145324c52c42ebd4b322c884bbe6a4a203c183b253725117b8923b271be77641744fdb063745faca63858e23f63e33934048d8bec436cada67c3a682e5e3ea3c32be70c6aacd095bcfd181cf56804aed4ec92727fd856aa');
INSERT INTO pages VALUES(3,'trialx','https://www.trialx.com/clinical-trials/listings/990001/','2025-06-15T15:06:40Z',200,'{}','trialx-990001.txt','saved/trialx-990001.txt','95e847cdc8712926007760e6ed1a485f4e67fa17d3c167d7abf0f8f7a32eb1c7',X'28b52ffd6044016d0b00a6da4d25208fd401636f91c872d12e6ad891a7b6066c6346af408507328bcea3b7024e0b1022050601440041004400bf38204a1eae2a7eaea7dc04b111d0f82fd704a3e8814ff3950708001c0835b66c52e70f4f6ff915fc37b9b50b620bae1ee514c1ea265c5952bf286efa6db98078282549c8444cc346e6ad6d4eb2c32dd75aff44ce871e661a1bd120997e9942dc1c7b53e4340962b52c621506b1288278708aa4d24f6ff92922ebb5e2f4bb4340a4ce2e1accfb0437b6dcd160345c2583051ac428f7a58378c2f93b2ddbd730180c46535040813420bef7c66ce38b58ee1f57cfb410884cbbe428438d3d9d9ad5795b36e83aa98860c85c5c44181e0d12118a04c2c2c29b96f2ebe568fe5dddc32e4e2d9e5cb529a99b68ccebe436e73cdf6552657afe25971f81779ef75df3cd5febb58cf27226b76e0112004b89401a08cb8ac5e985edb5463e9abc627d818b41ccacadd60e1a0af0fca6628701b436cda0447e59d2c130962165a4f6');
INSERT INTO pages VALUES(4,'ctgov','https://clinicaltrials.gov/api/v2/studies/NCT99100001','2025-08-12T12:00:00Z',200,'{}','NCT99100001.json','saved/sub/NCT99100001.json','bdd1919d964c187e6cdaa7d5b4e9aa55b55fba3a82fdf1cece531d3b63277981',X'28b52ffd602d033d130006a46b25108fea06c04ddabca48fec1faa7138a8b8cd20f42ba270f3d51f3bb5cb805a5455555537036100600062000f3a1e37db65c875adafbfac17e5e6161d27193b935ba671af2939eeb346eedf94d917312e1b19aec01149a0d719862a68abb497acd82e1b4ea0699a46e0e06092545c465c053dc50bb5aa294abdcc7bdeea398c8c38eef7d44ab0a9fe8e99c30853832ba4a0be6b4b32d3b9affd7b670853962a5d18fb353646216c496ce7cedc41d03820de96ece15da18b9c8749e264db0f340e82ea292dbef451df27cff444164a83448250e356f4a371401ecdc3bd4eaa7d991717c2b5d7f709898c385fd7cf354831a42feebf28d9fec18779d683eb50a0497a9a01d69a7a5e0cc28ebc2e1b13eef148ce82c55d59e4541aa0a9f240383c53059ab64a7bb79e6f35e1dc979f7b1537a5b0146aa1e971b35d0a98712326357d7bb245c5304dca5ea47c2b876721190f355f07d7cba36e4412145c28464988e5601af6f8619173b1eeb2b10e3593917dd660436cd743dd8b176b8bb4f879d43863e7b3b2b5d172f14455809506899070b9243f4c43abb15df0ebb9b18424ebf519b7829d6b3909c017be44923b4ba8d110528a39846846648226491b2042a210653d11804d9b9129966ccd019cf614f86971ac5f0c5751aee94235c7943d5b084bd12c68f475629a5436d866c10c50f0f2070b3c0b4d6ec751d29e3b48da1a901da59d99e99d516ac74e17771f8a8c7069d7a6047b6124b9371dfc363a9501f14958aa6fc2be98a5e6d01fc599722a3614dc92df6e1ad3583f0c1ad536370691a465b11c3c48187bb887224e6740a41dc572ddfd022ea99a06ad4cec94b25b30c0a901');
CREATE TABLE readings (
    page_id integer primary key references pages(id),
    state integer not null default 0,
    trial_id text,
    parser_version text
);
INSERT INTO readings VALUES(1,1,'NCT99100001','ctgov-2');
INSERT INTO readings VALUES(2,1,'NCT99100002','ctgov-2');
INSERT INTO readings VALUES(3,1,'NCT99100001','1');
INSERT INTO readings VALUES(4,1,'NCT99100001','ctgov-2');
CREATE TABLE addresses (
    url text primary key,
    last_seen_at text not null,
    removed_at text
) without rowid;
INSERT INTO addresses VALUES('https://clinicaltrials.gov/api/v2/studies/NCT99100001','2025-08-12T12:00:00Z',NULL);
INSERT INTO addresses VALUES('https://clinicaltrials.gov/api/v2/studies/NCT99100002','2025-06-15T15:06:40Z',NULL);
INSERT INTO addresses VALUES('https://www.trialx.com/clinical-trials/listings/990001/','2025-06-15T15:06:40Z',NULL);
CREATE TABLE aliases (
    alias text primary key,
    trial_id text not null
) without rowid;
CREATE TABLE failures (
    url text not null,
    source text not null,
    source_id text not null,
    stage text not null,
    field text not null,
    found text not null,
    expected text not null,
    seen_at text not null,
    primary key (url, source_id, stage, field)
) without rowid;
INSERT INTO failures VALUES('saved/bread.txt','','bread.txt','archive','','a file that no source knows, which starts ''bread, milk''','a page or record of a known source (see `trials sources`; name it with --source)','2025-06-15T15:06:40Z');
CREATE TABLE runs (
    id integer primary key,
    command text not null,
    source text,
    arguments text not null,
    started_at text not null,
    finished_at text,
    resume_url text,
    expected integer,
    fetched integer not null default 0,
    unchanged integer not null default 0,
    failed integer not null default 0
);
CREATE TRIGGER pages_wait after insert on pages begin
    insert into readings (page_id) values (new.id);
end;
CREATE TRIGGER pages_leave after delete on pages begin
    delete from readings where page_id = old.id;
end;
CREATE INDEX readings_by_trial on readings(trial_id);
CREATE INDEX readings_waiting on readings(state) where state = 0;
COMMIT;
