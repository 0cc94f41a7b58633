import { commandOf } from '../../domain/command.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { mountOf, runClient, type ContainerDescription } from '../../sources/postgres/container/inspection.ts'
import type { ContainerFacts } from '../../sources/postgres/port.ts'
import type { AppContext } from '../site/context.ts'
import type { ContainerComponent } from '../../domain/site.ts'

/** Throws when a new container would not have the data of this one. */
export function refuseLoss({ name, ...description }: ContainerDescription, { dataDirectory }: ContainerFacts): void {
  const mount = mountOf({ name, ...description }, dataDirectory)
  if (mount !== undefined && mount.kind !== 'tmpfs') return
  throw new HoldfastError('container-data', `the data of container ${name} is in the container itself, in ${dataDirectory}`, {
    hint: `setting it up means to make it anew, which would delete the database: move its data to a volume first (pg_dumpall, a container with a volume at ${dataDirectory}, psql)`,
  })
}

/** The same for what lies outside of the data directory: tablespaces, and WAL that a link leads to. */
export async function refuseOutside(
  context: AppContext,
  component: ContainerComponent,
  description: ContainerDescription,
  { dataDirectory }: ContainerFacts,
): Promise<void> {
  const script = 'for path in "$1/pg_wal" "$1"/pg_tblspc/*; do if [ -L "$path" ]; then readlink -f "$path"; fi; done'
  const command = commandOf('sh', ['-c', script, 'holdfast', dataDirectory])
  const options = { signal: context.signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 }
  const { stdout } = await context.placeOf(component).run(command, options)
  const lost = stdout.split('\n').find((path) => path !== '' && (mountOf(description, path)?.kind ?? 'tmpfs') === 'tmpfs')
  if (lost === undefined) return
  throw new HoldfastError(
    'container-data',
    `a part of the data of container ${description.name} is in the container itself, in ${lost}`,
    {
      hint: 'setting it up means to make it anew, which would delete that: move it to a volume first',
    },
  )
}

/** A tag may mean another image by now, which could not read the data, or would begin with none. */
export async function refuseOtherMajor(
  { place, signal }: AppContext,
  { name, runtime, environment }: ContainerDescription,
  image: string | undefined,
): Promise<void> {
  const running = environment['PG_MAJOR']
  if (image === undefined || running === undefined) return
  const format = '{{range .Config.Env}}{{println .}}{{end}}'
  const words = ['image', 'inspect', '--format', format, image]
  const { stdout } = await runClient(place, runtime, words, { signal, deadlineMs: duration(1, 'm') })
  const major = /^PG_MAJOR=(.+)$/m.exec(stdout)?.[1]
  if (major === undefined || major === running) return
  throw new HoldfastError('container-setup', `${image} is PostgreSQL ${major} now, and container ${name} runs ${running}`, {
    hint: `name an image of PostgreSQL ${running} in its compose file; an upgrade is a step of its own, with a dump or pg_upgrade`,
  })
}
