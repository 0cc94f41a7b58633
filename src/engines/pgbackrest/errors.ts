import { storageRules, type FailureRule } from '../failure.ts'

/** pgBackRest's exit codes (its error.c), and texts where one code stands for several things. */
export const pgbackrestFailures: readonly FailureRule[] = [
  // Before the storage: a database that cannot be connected to is told in the same words.
  {
    code: 'postgres-down',
    exitCodes: [56],
    text: /unable to find primary cluster|unable to connect to 'dbname|could not connect to server|connection to server .* failed/,
    message: 'PostgreSQL does not answer',
    hint: 'pg_lsclusters shows whether it runs',
  },
  ...storageRules,
  // After the storage: a certificate that is not trusted is a CryptoError too.
  {
    code: 'wrong-key',
    exitCodes: [95],
    text: /CryptoError|cipher header invalid|key\/value found outside of section/,
    message: 'the passphrase does not open the repository',
    hint: 'put the passphrase that the repository was created with into restic.key, then holdfast setup apply; the repository is untouched',
  },
  {
    code: 'engine-failed',
    text: /unable to acquire lock on file .*: Permission denied/,
    message: 'pgBackRest may not write its lock file',
    hint: 'its folder must belong to the owner of the cluster: holdfast setup plan',
  },
  {
    code: 'locked',
    exitCodes: [50],
    text: /unable to acquire lock on file/,
    message: 'another pgBackRest works on this database',
    hint: 'wait until it is done: ps -C pgbackrest -f shows it',
  },
  {
    code: 'postgres-mismatch',
    exitCodes: [28, 51, 58],
    text: /do not match the database|does not match stanza version|system-id .* do not match|backup and archive info files exist but do not match/,
    message: 'the repository belongs to another PostgreSQL cluster or major version',
    hint: 'after pg_upgrade: holdfast setup apply; after a new initdb give the component a repository: of its own; the old points stay restorable',
  },
  {
    code: 'archive-failing',
    exitCodes: [82],
    text: /WAL segment .* was not archived before the/,
    message: 'WAL does not reach the repository, so a backup made now could not be restored',
    hint: 'SELECT last_failed_wal, last_failed_time FROM pg_stat_archiver; the server’s log holds the words of archive-push',
  },
  {
    code: 'archive-failing',
    exitCodes: [68, 87],
    text: /archive_mode must be|archive_command .* must contain/,
    message: 'PostgreSQL does not archive its WAL with pgBackRest',
    hint: 'holdfast setup plan shows what is missing',
  },
  {
    code: 'archive-failing',
    exitCodes: [62],
    text: /stop file exists/,
    message: 'pgBackRest was told to stop on this machine',
    hint: 'pgbackrest start undoes pgbackrest stop; it also holds back archiving',
  },
  // Before the missing repository: a file that is missing in a backup has the same exit code.
  {
    code: 'repository-damaged',
    exitCodes: [26, 29],
    text: /ChecksumError|FormatError|error restoring '.*': actual checksum|unable to open missing file '[^']*\/backup\/[^']*\/(?:bundle|pg_data)\//,
    message: 'the repository is damaged',
    hint: 'change nothing in it; an older restore point may be whole: holdfast points',
  },
  {
    code: 'repository-missing',
    exitCodes: [55, 103],
    text: /missing stanza path|has a stanza-create been performed|no valid repository/,
    message: 'there is no repository where the configuration says',
    hint: 'is the disk mounted, are bucket and site spelled right? For a new repository: holdfast setup apply',
  },
  {
    // Its exit code is that of several errors at once.
    code: 'point-needed',
    text: /full backup (\S+) cannot be expired until another full backup has been created/,
    message: (match) => `${match?.[1] ?? 'this'} is the only full backup, and pgBackRest keeps it`,
    hint: 'it can go once there is another: holdfast backup makes one when the policy of full backups says so',
  },
  {
    code: 'point-unknown',
    exitCodes: [75],
    text: /no backup set found to restore|no backup set to annotate found|backup set .* is not valid/,
    message: 'there is no such base backup in the repository',
    hint: 'holdfast points shows what can be restored',
  },
  {
    code: 'object-unknown',
    exitCodes: [80],
    text: /database to include '.*' does not exist/,
    message: 'the base backup does not hold that database',
    hint: 'holdfast restore --temporary shows what the cluster held',
  },
  {
    code: 'clock-behind',
    exitCodes: [106],
    text: /new backup label .* is not later than latest backup label/,
    message: 'the newest backup is later than the clock of this machine',
    hint: 'timedatectl shows the clock; if it is right, new base backups have to wait until it has passed that date; what is there stays restorable',
  },
  {
    code: 'engine-too-old',
    exitCodes: [46],
    text: /unexpected control version = /,
    message: 'this pgBackRest does not know this version of PostgreSQL',
    hint: 'install a newer one, or name it under engines: in holdfast.yaml; 2.45 knows PostgreSQL up to 15, 2.55.1 up to 17',
  },
  {
    // On a full disk 2.45 and 2.55.1 give no reason, or the wrong one: "[2] No such file or directory".
    code: 'storage-full',
    exitCodes: [64],
    message: 'pgBackRest cannot write to the repository: its disk is full, or failing',
    hint: 'df -h shows the disk, dmesg its errors; nothing that was backed up before is lost',
  },
  {
    code: 'target-exists',
    exitCodes: [38, 40],
    message: 'the folder to restore to is not empty, or a server runs in it',
    hint: 'choose an empty folder with --to',
  },
  {
    code: 'engine-failed',
    exitCodes: [41, 47],
    message: 'pgBackRest may not read or write a file it needs',
    hint: 'repository, lock folder and data directory must belong to the owner of the cluster: holdfast setup plan',
  },
]
