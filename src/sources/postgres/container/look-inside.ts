import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { commandOf } from '../../../domain/command.ts'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError } from '../../../domain/errors.ts'
import type { ContainerComponent } from '../../../domain/site.ts'
import type { Place } from '../../../places/place.ts'
import type { ContainerFacts, ServerAddress, SharedPath } from '../port.ts'

/** Answers in lines: data directory, uid, gid, its owner, name of process 1, the variable, port, folder of the socket; then one for each path. */
const look = `data=\${1:-\${PGDATA:-/var/lib/postgresql/data}}
shift
echo "$data"
id -u
id -g
stat -L -c %u "$data" 2>/dev/null || echo
cat /proc/1/comm
echo "$PGBACKREST_ARCHIVE_ASYNC"
sed -n 4,5p "$data/postmaster.pid" 2>/dev/null || { echo; echo; }
for path; do stat -L -c %d:%i "$path" 2>/dev/null || echo; done`

/**
 * Looks into the container of a source. Throws what keeps it from being entered, `source-missing` where it holds no data
 * directory, `no-access` when another user owns that, and `postgres-down` when no server runs in it.
 */
export async function lookInside(
  place: Place,
  source: ContainerComponent['source'],
  signal: AbortSignal,
  paths: readonly SharedPath[] = [],
): Promise<{ readonly address: ServerAddress; readonly container: ContainerFacts }> {
  const { name, user, findsData } = source.container
  const command = commandOf('sh', [
    ...['-c', look, 'holdfast', findsData ? '' : source.dataDirectory],
    ...paths.map((path) => comparable(path).inside),
  ])
  const { stdout, stderr } = await place.run(command, {
    ...{ signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 },
  })
  const lines = stdout.split('\n')
  const [dataDirectory = '', uid = '', gid = '', owner = '', first = '', background = '', port = '', socketDirectory = ''] = lines
  if (owner === '') {
    throw new HoldfastError('source-missing', `container ${name} has no data directory ${dataDirectory}`, {
      hint: `dataDirectory: in holdfast.yaml is the path inside the container; in psql: SHOW data_directory`,
      detail: stderr,
    })
  }
  if (owner !== uid) {
    throw new HoldfastError(
      'no-access',
      `${dataDirectory} in container ${name} belongs to user ${owner}, not to ${user} (${uid})`,
      { hint: `containerUser: "${owner}" in holdfast.yaml; PostgreSQL and pgBackRest both run as that user` },
    )
  }
  if (port === '' || socketDirectory === '') {
    throw new HoldfastError('postgres-down', `no PostgreSQL runs in ${dataDirectory} of container ${name}`, {
      hint: `its log says why: docker logs ${name}, or podman logs`,
    })
  }
  return {
    address: {
      socketDirectory: source.socketDirectory ?? socketDirectory.trim(),
      port: source.port ?? Number(port),
      owner: undefined,
      container: name,
    },
    container: {
      dataDirectory,
      uid: Number(uid),
      gid: Number(gid),
      isFirstProcess: first === 'postgres',
      archivesInBackground: /^(?:y|yes|1|true|on)$/i.test(background),
      shared: new Set(
        paths.filter((path, index) => lines[8 + index] === identityOf(comparable(path).here)).map(({ inside }) => inside),
      ),
    },
  }
}

function comparable(path: SharedPath): SharedPath {
  if (path.here !== path.inside || existsSync(path.here) || path.here === '/') return path
  const above = dirname(path.here)
  return comparable({ inside: above, here: above })
}

function identityOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats === undefined ? 'absent' : `${stats.dev}:${stats.ino}`
}
