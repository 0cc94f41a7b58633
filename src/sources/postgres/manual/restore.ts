import { dirname } from 'node:path'
import { commandOf } from '../../../domain/command.ts'
import type { Instruction } from '../../../domain/instruction.ts'
import { blank, commandReading, commandText, shellWord } from '../../../places/command-text.ts'
import { port, privateSettings } from '../restored/private-server.ts'

/** A restored cluster that has not been started yet, on a machine where nothing else is. */
export interface RestoredByHand {
  readonly component: string
  /** Where it was restored; `<copy>.work` is a folder of its owner. */
  readonly copy: string
  /** Where it lay, and shall lie again. */
  readonly dataDirectory: string
  /** Owner of the files. */
  readonly user: string
  /** Superuser of the cluster. */
  readonly superuser: string
  /** Port of the live server, where the configuration names one. */
  readonly port: number | undefined
  /** Major version, such as `15`; unknown when the live cluster is gone and nobody noted it. */
  readonly majorVersion: string | undefined
  /** The end of what was known to be restorable, as text. */
  readonly lastKnown: string | undefined
}

/** Debian keeps several major versions side by side; a version that isn't known is in a variable of the shell. */
const programsOf = (majorVersion: string | undefined): string => `/usr/lib/postgresql/${majorVersion ?? blank('MAJOR')}/bin`

/** Starts the copy where only root and its owner reach it, waits for recovery, asks it, and stops it. */
export function proveByHand(restored: RestoredByHand): Instruction[] {
  const { copy, user, superuser } = restored
  const work = `${copy}.work`
  const log = `${work}/postgresql.log`
  const hba = `${work}/pg_hba.conf`
  const command = commandsOf(restored)
  const settings = privateSettings({ privateDirectory: work, hba })
  const ask = (sql: string) =>
    command.text('psql', '-X', '-h', work, '-p', String(port), '-U', superuser, '-d', 'postgres', '-c', sql)
  const isReady = command.text('pg_isready', '-q', '-h', work, '-p', String(port))
  const isAlive = command.text('pg_ctl', '-D', copy, 'status')
  return [
    ...(restored.majorVersion === undefined ? [findVersion(copy)] : []),
    {
      title: 'Give the copy a configuration, if its backup has none',
      command: `test -e ${copy}/postgresql.conf || ${commandReading(`runuser -u ${user} -- tee ${copy}/postgresql.conf`, "listen_addresses = ''\nmax_prepared_transactions = 64")}`,
      expect:
        'nothing, or the two lines that were written. Debian keeps this file in /etc, where no backup of a data directory has it.',
      otherwise: `\`Permission denied\`: \`chown ${user} ${copy}\`.`,
    },
    {
      title: 'Let only this machine in',
      command: commandReading(`runuser -u ${user} -- tee ${hba}`, 'local all all trust'),
      expect:
        'the one line that was written. It counts only for the socket in that folder, which nobody but root and the owner can enter.',
      otherwise: 'make the folders, the first step of this component.',
    },
    {
      title: 'Start it',
      command: command.text('pg_ctl', '-D', copy, '-l', log, '-w', '-o', settings.map(shellWord).join(' '), 'start'),
      expect:
        '`server started`: it has begun to recover, and answers later. It listens on a socket in that folder alone, and archives nothing.',
      otherwise: `\`another server might be running\`: it was started before; go on. \`No such file\` for \`pg_ctl\`: the package of this major version is not installed (part 3).`,
    },
    {
      title: 'Wait until recovery is over',
      command: `while ${isAlive} > /dev/null && ! ${isReady}; do sleep 2; done`,
      expect: `the prompt comes back when the server answers, or when it has died. Meanwhile, in another shell: \`tail -f ${log}\` names each piece of WAL that it has fetched (\`restored log file …\`).`,
      otherwise:
        'as long as the log goes on, let it. When it repeats one message about the storage, see that the storage answers.',
    },
    {
      title: 'See that it reached what you wanted',
      command: `grep -E 'starting (archive|point-in-time) recovery|recovery stopping|last completed transaction|archive recovery complete|ready to accept connections|FATAL|PANIC' ${log} | grep -v 'FATAL:  the database system is'`,
      expect: `\`archive recovery complete\` and \`database system is ready to accept connections\`, and no FATAL. To a time: \`recovery stopping before commit of transaction …\` with a time right after yours. To the newest data: \`last completed transaction was at log time …\`${restored.lastKnown === undefined ? '' : `, near ${restored.lastKnown}, the end that was known when this page was made,`} or later if backups went on. **A time much before that means that WAL is missing and newer data is lost to this copy**, although the server starts.`,
      otherwise: `\`recovery ended before configured recovery target was reached\`: nothing was committed after that time, or its WAL is missing; take an earlier time, or the newest data. \`could not access file\`: an extension's package is missing; install it, and start again. To restore again: ${command.inline('pg_ctl', '-D', copy, '-m', 'immediate', 'stop')}, \`rm -r ${copy} ${copy}-tablespaces\`, and from the first step of this component.`,
    },
    {
      title: 'Look at the data',
      command: ask(
        'SELECT datname, pg_size_pretty(pg_database_size(oid)) AS size, pg_is_in_recovery() AS recovering FROM pg_database WHERE datallowconn',
      ),
      expect: `every database with its size, and \`f\` behind each: recovery is over. Look into the tables that matter in the same way, with \`-d\` and the name of a database.`,
      otherwise: `\`No such file or directory\`: the server is gone; ${log} says why.`,
      instead: [
        {
          wish: 'To take one table out, for the live server to read with psql; put in the names of its database and of the table',
          command: command.text(
            ...['pg_dump', '-h', work, '-p', String(port), '-U', superuser, '-d', 'postgres'],
            ...['--table=public.notes', `--file=${work}/table.sql`],
          ),
        },
      ],
    },
    {
      title: 'Stop it',
      command: command.text('pg_ctl', '-D', copy, '-m', 'fast', '-w', 'stop'),
      expect:
        '`server stopped`. If you only wanted to look, or to take one table out with pg_dump before this step, you are done.',
      otherwise: 'sessions keep it up: close them, and repeat.',
    },
  ]
}

function findVersion(copy: string): Instruction {
  return {
    title: 'Find out which PostgreSQL it needs',
    command: `MAJOR=$(cat ${copy}/PG_VERSION)`,
    expect:
      'nothing; `echo $MAJOR` shows a number such as 15, and `ls /usr/lib/postgresql` shows the same: else `apt-get install --yes postgresql-$MAJOR`.',
    otherwise: 'the restore before this was not completed.',
  }
}

/** Puts a stopped copy where the cluster was, and starts it there. */
export function putBackByHand(restored: RestoredByHand): Instruction[] {
  const { copy, dataDirectory, user } = restored
  const place = shellWord(dataDirectory)
  const aside = shellWord(`${dataDirectory}.before-restore`)
  const parent = shellWord(dirname(dataDirectory))
  const debian = debianCluster(dataDirectory)
  const command = commandsOf(restored)
  return [
    ...(restored.majorVersion === undefined ? [findVersion(copy)] : []),
    ...(debian === undefined
      ? []
      : [
          {
            title: 'See that Debian knows the cluster',
            command: `pg_lsclusters -h | grep -q '^${debian.version} *${debian.name} ' || pg_createcluster --port=${restored.port ?? 5432} ${debian.version} ${debian.name}`,
            expect: 'nothing, or `Creating new PostgreSQL cluster`: an empty one, whose files are replaced in a moment.',
            otherwise: 'the package of this major version is not installed (part 3).',
          },
        ]),
    {
      title: 'Stop what runs there',
      command:
        debian === undefined
          ? `test ! -e ${shellWord(`${dataDirectory}/postmaster.pid`)} || ${command.text('pg_ctl', '-D', dataDirectory, '-m', 'fast', '-w', 'stop')}`
          : `pg_ctlcluster ${debian.version} ${debian.name} stop || true`,
      expect: 'nothing, `server stopped`, or that the cluster is not running.',
      otherwise: '`ps -ef | grep postgres` shows who still runs. Never go on while a server runs there.',
    },
    {
      title: 'Move what is there aside',
      command: `test ! -e ${place} || mv -T ${place} ${aside}`,
      expect: 'nothing. Delete that copy only after days of being content.',
      otherwise: `\`Directory not empty\`: an earlier try left one; move it elsewhere. \`busy\`: it is a mount point; move its content instead.`,
    },
    {
      title: 'Put the restored data in its place',
      command: `{ test -e ${parent} || install -d -o ${user} ${parent}; } && mv -T ${copy} ${place}`,
      expect: `nothing. It takes as long as copying, where it goes to another file system. Tablespaces stay in ${copy}-tablespaces: if that folder is not empty, keep it there.`,
      otherwise: '`No space left`: free some, and repeat; nothing is lost.',
    },
    {
      title: 'Start it as the live server',
      command:
        debian === undefined
          ? command.text('pg_ctl', '-D', dataDirectory, '-l', `${dataDirectory}/server.log`, '-w', 'start')
          : `pg_ctlcluster ${debian.version} ${debian.name} start`,
      expect:
        debian === undefined
          ? '`server started`.'
          : 'nothing; `pg_lsclusters` shows it `online`. The settings and pg_hba.conf are those in /etc/postgresql of this machine: bring the old ones back if they were backed up.',
      otherwise: `${debian === undefined ? `${dataDirectory}/server.log` : `/var/log/postgresql/`} says why. \`Permission denied\`: every folder above must let ${user} through. \`could not create lock file\`: make the folder that it names for the socket, and let it belong to ${user}.`,
    },
  ]
}

/** The version and the name that Debian's own folders tell. */
function debianCluster(dataDirectory: string): { version: string; name: string } | undefined {
  const match = /^\/var\/lib\/postgresql\/(\d+)\/([\w.-]+)$/.exec(dataDirectory)
  return match === null ? undefined : { version: match[1] as string, name: match[2] as string }
}

function commandsOf({ majorVersion, user }: Pick<RestoredByHand, 'majorVersion' | 'user'>) {
  const text = (...[program = '', ...words]: readonly string[]): string => {
    const command = commandOf(`${programsOf(majorVersion)}/${program}`, words, { user })
    return commandText(command)
  }
  return { text, inline: (...words: readonly string[]) => `\`${text(...words)}\`` }
}
