import { HoldfastError } from '../../../domain/errors.ts'

/** The distributions whose packages are known here, by what an image's /etc/os-release says. */
export type ImageFamily = 'debian' | 'alpine'

/** The image of a database's container, to be built out of the one in use. */
export interface DatabaseImage {
  /** As its owner names it, such as `postgis/postgis:15-3.3`. */
  readonly base: string
  readonly family: ImageFamily
  /** Version of pgBackRest's package there. */
  readonly packageVersion: string
  /** Whom containers of the base image run as; empty or root for most. */
  readonly user: string
  /** Who owns the data directory, in the container's own numbers. */
  readonly uid: number
  readonly gid: number
}

/** Text of the Dockerfile. A base image that holds that pgBackRest already stays as it is. */
export function dockerfileText({ base, family, packageVersion, user, uid, gid }: DatabaseImage): string {
  return [
    '# Written by holdfast setup apply, which undoes changes made here, but for the version below.',
    '# The image in use, with pgBackRest in it: archive_command runs where PostgreSQL runs.',
    `FROM ${base}`,
    '',
    '# Pinned, so that building it again brings the same. For another one change it here, then: holdfast setup apply',
    `ARG PGBACKREST=${packageVersion}`,
    '',
    'USER root',
    `RUN ${isInstalled} \\`,
    ...installs[family],
    '# What pgBackRest keeps for a moment, for whoever runs PostgreSQL here.',
    `RUN ${spoolCommand({ uid, gid })}`,
    ...(isRoot(user) ? [] : [`USER ${user}`]),
    '',
  ].join('\n')
}

/** Makes pgBackRest's spool, as root. */
export const spoolCommand = ({ uid, gid }: Pick<DatabaseImage, 'uid' | 'gid'>): string =>
  `mkdir -p /var/spool/pgbackrest && chown ${uid}:${gid} /var/spool/pgbackrest`

/** A package's version is that of the program, and after a hyphen that of the package. */
const isInstalled = '[ "$(pgbackrest version 2>/dev/null)" = "pgBackRest ${PGBACKREST%%-*}" ]'

const installs: Readonly<Record<ImageFamily, readonly string[]>> = {
  debian: [
    '  || { apt-get update \\',
    '    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "pgbackrest=$PGBACKREST" \\',
    '    && rm -rf /var/lib/apt/lists/*; }',
  ],
  alpine: ['  || apk add --no-cache "pgbackrest=$PGBACKREST"'],
}

const isRoot = (user: string): boolean => /^(?:|root|0)(?::.*)?$/.test(user)

/** What a base image is, as far as a Dockerfile made from it depends on that. */
export type BaseImage = Pick<DatabaseImage, 'base' | 'family' | 'packageVersion' | 'user'>

/** The same, out of a Dockerfile of ours: what was found out once need not be asked again, and a pinned version stays. */
export function readDockerfile(text: string): BaseImage | undefined {
  const base = /^FROM (\S+)$/m.exec(text)?.[1]
  const packageVersion = /^ARG PGBACKREST=(\S+)$/m.exec(text)?.[1]
  if (base === undefined || packageVersion === undefined) return undefined
  const user = [...text.matchAll(/^USER (\S+)$/gm)].map(([, name = '']) => name).at(-1) ?? ''
  return { base, packageVersion, user: isRoot(user) ? '' : user, family: text.includes('apk add') ? 'alpine' : 'debian' }
}

/** The version of the program in a package's version, such as 2.45 in 2.45-1. */
export const programVersion = (packageVersion: string): string => packageVersion.replace(/-.*$/s, '')

/** What is asked of a base image, in a container that is thrown away: what it is, and which pgBackRest it has or could have. */
export const imageQuestion = `. /etc/os-release
echo "$ID $ID_LIKE"
if installed=$(pgbackrest version 2>/dev/null); then
  echo "\${installed#pgBackRest }"
elif command -v apt-get >/dev/null; then
  apt-get -qq update >&2 && apt-cache policy pgbackrest | sed -n 's/^ *Candidate: //p'
elif command -v apk >/dev/null; then
  apk update --quiet >&2 && apk search --exact pgbackrest | sed -n 's/^pgbackrest-\\([0-9].*\\)$/\\1/p' | tail -n 1
fi`

/** Reads the answer. Throws `engine-missing` where there is no pgBackRest to be had. */
export function readImageAnswer(base: string, stdout: string, stderr: string): Pick<DatabaseImage, 'family' | 'packageVersion'> {
  const [names = '', packageVersion = ''] = stdout.split('\n').map((line) => line.trim())
  const family = (['debian', 'alpine'] as const).find((name) => names.split(' ').includes(name))
  if (family === undefined) {
    throw new HoldfastError(
      'engine-missing',
      `${base} is neither of Debian nor of Alpine, but of ${names || 'an unknown system'}`,
      {
        hint: 'build an image of your own with pgBackRest in it, and let the container use that: docs/containers.md',
        detail: stderr,
      },
    )
  }
  if (!/^\d/.test(packageVersion)) {
    throw new HoldfastError('engine-missing', `the packages that ${base} can install hold no pgBackRest`, {
      hint: 'is the network there, and its release still served? a newer tag of the image may help, or one of your own: docs/containers.md',
      detail: stderr,
    })
  }
  return { family, packageVersion }
}
