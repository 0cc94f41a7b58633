import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createFile } from '../disk/replace-file.ts'
import { HoldfastError } from '../domain/errors.ts'
import { makeTemporaryFolder } from '../machine/temporary-folder.ts'
import type { Place } from '../places/place.ts'
import type { Systemctl } from './systemctl.ts'
import type { Unit } from './unit-text.ts'

/**
 * Asks systemd whether it takes the units, before any of them lies where it would be used. Gives back what it finds wrong with
 * those of others that they lean on: that is theirs to mend, and no reason to leave a machine without backups. Throws `unit-invalid`.
 */
export async function verifyUnits(
  { systemctl, place }: { readonly systemctl: Systemctl; readonly place: Place },
  units: readonly Unit[],
): Promise<string[]> {
  if (place.find('systemd-analyze') === undefined) return []
  const draft = makeTemporaryFolder('holdfast-units-')
  try {
    // An instance of the template, which by itself is no unit.
    const drafts = units.map(({ name, text }) => ({ name: name.replace('@.', '@verify.'), text }))
    for (const { name, text } of drafts) createFile(join(draft, name), text, { mode: 0o644, keep: 'cache' })
    const names = drafts.map(({ name }) => name)
    const files = names.map((name) => join(draft, name))
    const finished = await systemctl.run('systemd-analyze', 'verify', '--man=no', '--recursive-errors=yes', ...files)
    const lines = finished.stderr.split('\n').filter((line) => line !== '')
    if (finished.exitCode === 0) return []
    if (lines.length > 0 && lines.every((line) => isAboutOthers(line, draft, names))) return lines
    throw new HoldfastError('unit-invalid', 'systemd-analyze verify refuses the units', {
      hint: 'nothing was changed. It may be older than 250, or not know the time zone (Debian 13 has old names of zones in tzdata-legacy)',
      detail: finished.stderr.replaceAll(`${draft}/`, ''),
    })
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** `/path/of/a.unit:7: …` or `a.unit: …`. What names nobody, and a drop-in for one of ours, counts as ours. */
export function isAboutOthers(line: string, draft: string, ours: readonly string[]): boolean {
  const [, path, unit] = /^(?:(\/.+?):\d+|([^\s/:]+\.[a-z]+)): /.exec(line) ?? []
  if (path !== undefined) return !path.startsWith(`${draft}/`) && !ours.some((name) => path.includes(`/${name}.d/`))
  return unit !== undefined && !ours.includes(unit)
}
