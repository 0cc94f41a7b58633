import { expect, it } from 'vitest'
import { isAboutOthers } from './verify-units.ts'

const ours = ['holdfast-pi-hosting-backup.service', 'holdfast-pi-hosting-backup.timer']

// As systemd 252 writes them.
it.each([
  ["/etc/systemd/system/broken.service:2: Unknown key 'Descriptionn' in section [Unit], ignoring.", true],
  ['broken.service: Unit configuration has fatal error, unit will not be started.', true],
  ['broken.service: Cannot add dependency job, ignoring: Unit broken.service has a bad unit file setting.', true],
  [String.raw`srv-back\x2dup.mount: Where= setting doesn't match unit name. Refusing.`, true],
  ["/tmp/draft/holdfast-pi-hosting-backup.service:3: Unknown key 'Foo' in section [Unit], ignoring.", false],
  [
    "/etc/systemd/system/holdfast-pi-hosting-backup.service.d/mine.conf:2: Unknown key 'Nicce' in section [Service], ignoring.",
    false,
  ],
  ['holdfast-pi-hosting-backup.service: Command /bin/nothere is not executable: No such file or directory', false],
  ['Unit holdfast-pi-hosting-backup.timer has a bad unit file setting.', false],
  ['Failed to initialize manager: Too many open files', false],
])('systemd speaks of other people’s units: %s %s', (line, isOthers) => {
  expect(isAboutOthers(line, '/tmp/draft', ours)).toBe(isOthers)
})
