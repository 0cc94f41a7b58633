import { expect, test } from 'vitest'
import { instant, isoInstant, systemClock } from '../../domain/clock.ts'
import { bytes } from '../../domain/size.ts'
import { createNaming, datedName } from './naming.ts'

const full = '20271126-170000F'
const built = '20271126-170000F_20261128-030002D'
const gone = '20271127-030000F'
const work = { signal: new AbortController().signal, clock: systemClock, report: () => undefined }

function naming(labels: readonly string[], history: readonly string[]) {
  const removed: string[] = []
  const files = history.map((label) => `${label.slice(0, 4)}/${label}.manifest.gz`)
  const listed = ['2027/notes.txt', ...files].map((path) => ({ path, sizeBytes: bytes(1), changedAt: instant(0) }))
  const port = createNaming({
    labels: async () => labels,
    listHistory: async () => listed,
    removeHistory: async (label) => void removed.push(label),
  })
  return { port, removed }
}

test('a label bears the later of its times, be it that of its full backup', () => {
  const dated = (label: string) => {
    const name = datedName(label)
    return name && isoInstant(name.at)
  }
  expect(dated(full)).toBe('2027-11-26T17:00:00.000Z')
  expect(dated(built)).toBe('2027-11-26T17:00:00.000Z')
  expect(dated('20261126-170000F_20261201-030002I')).toBe('2026-12-01T03:00:02.000Z')
  expect(dated('latest')).toBeUndefined()
})

test('names are those of backups, and of those that only the history remembers', async () => {
  const names = await naming([full, built], [gone, full]).port.names(work)
  expect(names.map(({ id }) => id).toSorted()).toEqual([full, built, gone].toSorted())
})

test('what is still there is not forgotten, nor anything with it', async () => {
  const { port, removed } = naming([full], [gone, full])
  const names = await port.names(work)
  await expect(port.forget(names, work)).rejects.toMatchObject({ code: 'point-needed' })
  expect(removed).toEqual([])
  await port.forget(
    names.filter(({ id }) => id === gone),
    work,
  )
  expect(removed).toEqual([gone])
})
