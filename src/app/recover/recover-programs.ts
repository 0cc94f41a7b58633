import { commandOf } from '../../domain/command.ts'
import { existsSync, rmSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { makeFolder, replaceFile } from '../../disk/replace-file.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase, type Site } from '../../domain/site.ts'
import type { AppContext } from '../site/context.ts'
import type { KitManifest } from '../kit/kit-manifest.ts'
import { installPackages } from '../setup/packages.ts'

/** The kit can't be opened without it. Throws `engine-missing` when nobody agrees that it is installed. */
export async function requireRestic(bare: AppContext, agree: () => Promise<boolean>): Promise<void> {
  if (bare.place.find(bare.site.engines.restic) !== undefined) return
  if (!(await agree())) {
    throw new HoldfastError('engine-missing', 'restic is not installed', { hint: 'apt-get install restic' })
  }
  await installPackages(bare, ['restic'], 'holdfast recover')
}

/** Packages that are not installed yet: the engines, and PostgreSQL of exactly the major versions that there were. */
export function missingPrograms({ place }: AppContext, site: Site, manifest: KitManifest | undefined): string[] {
  const isMissing = (program: string) => place.find(program) === undefined
  const databases = site.components.filter(isDatabase)
  return [
    ...(isMissing(site.engines.restic) ? ['restic'] : []),
    ...(databases.length > 0 && isMissing(site.engines.pgbackrest) ? ['pgbackrest'] : []),
    ...majorsOf(manifest)
      .filter((major) => isMissing(serverOf(major)))
      .map((major) => `postgresql-${major}`),
  ]
}

const majorsOf = (manifest: KitManifest | undefined): string[] => [
  ...new Set((manifest?.components ?? []).flatMap(({ cluster }) => (cluster?.major === undefined ? [] : [cluster.major]))),
]

const serverOf = (major: string): string => `/usr/lib/postgresql/${major}/bin/postgres`

/** Tells Debian's package not to make a cluster of its own where ours is to go. */
const noClusterFile = '/etc/postgresql-common/createcluster.d/holdfast-recover.conf'

export async function installPrograms(machine: AppContext, packages: readonly string[]): Promise<void> {
  if (packages.length === 0) return
  makeFolder(dirname(noClusterFile), 0o755)
  const text = '# Written by holdfast recover, for as long as it installs PostgreSQL.\ncreate_main_cluster = false\n'
  replaceFile(noClusterFile, text, { mode: 0o644, keep: 'cache' })
  try {
    await installPackages(machine, packages, 'holdfast recover')
  } finally {
    rmSync(noClusterFile, { force: true })
  }
}

/** What is installed now, asked of the programs themselves. Throws `program-missing` for one that still is not there. */
export async function programVersions(machine: AppContext, site: Site, manifest: KitManifest | undefined): Promise<string[]> {
  const databases = site.components.some(isDatabase)
  const seen: string[] = []
  for (const engine of ['restic', ...(databases ? (['pgbackrest'] as const) : [])] as const) {
    const said = await firstLine(machine, site.engines[engine], ['version'])
    const before = manifest?.versions[engine]
    const other = before === undefined || said.includes(before) ? '' : `; the machine that is gone had ${before}`
    seen.push(`${/[\w.]+ \d[\d.]*/.exec(said)?.[0] ?? said}${other}`)
  }
  for (const major of majorsOf(manifest)) {
    if (!existsSync(serverOf(major))) {
      throw new HoldfastError('program-missing', `PostgreSQL ${major} is not installed, and no other version reads its data`, {
        hint: `apt-get install postgresql-${major}; for versions that this Debian lacks see apt.postgresql.org`,
      })
    }
    seen.push(await firstLine(machine, serverOf(major), ['--version']))
  }
  return [seen.join(' · ')]
}

async function firstLine({ place, signal }: AppContext, program: string, words: readonly string[]): Promise<string> {
  if (isAbsolute(program) && !existsSync(program)) {
    throw new HoldfastError('engine-missing', `${program} does not exist`, {
      hint: 'the configuration names this program under engines: install it there, or change the line',
    })
  }
  const { stdout } = await place.run(commandOf(program, words), { signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 })
  return stdout.split('\n')[0] ?? ''
}
