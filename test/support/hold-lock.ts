import { systemClock } from '../../src/domain/clock.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { withSiteLock } from '../../src/places/site-lock.ts'

/** A program that takes the lock on a file, says so, and keeps it until it is killed. */
const [, , file = ''] = process.argv
const options = { place: createLocalPlace(), clock: systemClock, signal: new AbortController().signal, verb: 'backup', waitMs: 0 }
await withSiteLock({ ...options, file, onWait: () => undefined }, async () => {
  process.stdout.write('held\n')
  await new Promise((resolve) => setTimeout(resolve, 300_000))
})
