import { loadSecrets } from '../../config/secrets.ts'
import { settingsJsonSchema } from '../../config/explain.ts'
import { writeDuration, type Duration } from '../../domain/duration.ts'
import { locationText } from '../../domain/repository.ts'
import { stringify } from 'yaml'
import { createLocalPlace } from '../../places/local.ts'
import { composeSite } from '../compose.ts'
import { addressesOf } from '../notices.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import type { Site } from '../../domain/site.ts'

export async function configCheck(options: GlobalOptions, console: Console): Promise<number> {
  const site = await composeSite(options)
  await loadSecrets({ directory: site.secretsDirectory, needsS3: site.storage.kind === 's3', place: createLocalPlace() })
  for (const { error } of await addressesOf(site)) if (error !== undefined) throw error
  console.print({ site: site.name, file: site.file, good: true }, () => [
    `${site.file} is good: site ${site.name}, ${site.components.length} components; the secrets are in place`,
  ])
  return 0
}

export async function configShow(options: GlobalOptions, console: Console): Promise<number> {
  const site = await composeSite(options)
  const shown = readable(site)
  console.printText(stringify(shown, withUnits), { site: shown })
  return 0
}

export async function configSchema(_options: GlobalOptions, console: Console): Promise<number> {
  console.printText(JSON.stringify(settingsJsonSchema(), null, 2))
  return 0
}

const lengths = new Set(['patience', 'rpo', 'rto', 'deadline', 'within'])

/** Lengths of time as people write them. */
function withUnits(key: unknown, value: unknown): unknown {
  return lengths.has(String(key)) && typeof value === 'number' ? writeDuration(value as Duration) : value
}

/** The site as it was understood: paths absolute, repositories as people write them. */
function readable(site: Site) {
  return {
    ...site,
    components: Object.fromEntries(
      site.components.map(({ name, location, ...component }) => [name, { ...component, repository: locationText(location) }]),
    ),
  }
}
