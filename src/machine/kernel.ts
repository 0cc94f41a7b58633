import { readFileSync } from 'node:fs'
import { parseMounts } from './mounts.ts'
import type { Kernel } from './port.ts'

export const linuxKernel: Kernel = {
  boot() {
    const [uptime = '0'] = readFileSync('/proc/uptime', 'utf8').split(' ')
    return { id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), uptimeMs: Number(uptime) * 1000 }
  },
  hostName: () => readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
  controlGroups: () => readFileSync('/proc/self/cgroup', 'utf8'),
  mounts: () => parseMounts(readFileSync('/proc/self/mountinfo', 'utf8')),
}
