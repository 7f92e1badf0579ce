"""What a registry's id looks like, so that a listing's line can be told to be one."""

import re

# Only NCT ids were ever seen on listings; the other registries' forms cannot be a condition or a sponsor.
REGISTRY_ID = re.compile(
    r"(?:NCT\d{8}|ISRCTN\d{8}|(?:EUCTR)?\d{4}-\d{6}-\d{2}(?:-[A-Z]{2}|-\d{2})?|DRKS\d{8}|ACTRN\d{14}|ChiCTR[-\w]*\d{8,10}|"
    r"CTRI/\d{4}/\d{2,3}/\d{6}|(?:JPRN-)?(?:jRCT\w?\d{9,}|UMIN\d{9}|JapicCTI-?\d{6})|KCT\d{7}|IRCT\d{11,14}N\d{1,3}|"
    r"PACTR\d{15,16}|RBR-\w{6,10}|RPCEC\d{8}|PER-\d{3}-\d{2}|SLCTR/\d{4}/\d{3}|TCTR\d{11}|LBCTR\d{10}|NTR\s?\d{2,4}|NL\d{2,5})",
    re.IGNORECASE,
)
