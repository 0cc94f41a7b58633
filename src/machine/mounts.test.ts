import { expect, test } from 'vitest'
import { linuxKernel } from './kernel.ts'
import { mountOf, mountsBelow, parseMounts } from './mounts.ts'

const table = parseMounts(String.raw`22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
24 22 8:17 / /srv/data rw - ext4 /dev/sdb1 rw
25 22 8:33 / /srv/data2 rw - ext4 /dev/sdc1 rw
26 24 0:50 / /srv/data/nas\040one rw - nfs4 nas:/one rw
27 22 8:1 /srv/again /srv/again rw - ext4 /dev/sda1 rw
28 22 0:60 / /srv/layers/merged rw - overlay overlay rw
29 22 7:0 / /srv/snap rw - squashfs /dev/loop0 ro
30 24 8:17 /inner /srv/data/bound rw - ext4 /dev/sdb1 rw
`)

test('disks and folders of other machines below a folder are seen, and nothing that is only mounted again', () => {
  expect(mountsBelow('/srv', table)).toEqual(['/srv/data', '/srv/data/nas one', '/srv/data2'])
  expect(mountsBelow('/srv/data', table)).toEqual(['/srv/data/nas one'])
  expect(mountsBelow('/', table)).toEqual(['/srv/data', '/srv/data/nas one', '/srv/data2'])
  expect(mountsBelow('/etc', table)).toEqual([])
})

test('the table of this machine can be read', () => {
  expect(linuxKernel.mounts()).toContainEqual(expect.objectContaining({ point: '/proc', kind: 'proc' }))
})

test('a path lies on the mount that is nearest to it, and on the last of two at one point', () => {
  expect(mountOf('/srv/data/nas one/file', table)).toMatchObject({ kind: 'nfs4', source: 'nas:/one' })
  expect(mountOf('/srv/data', table)?.device).toBe('8:17')
  expect(mountOf('/srv/data3', table)?.point).toBe('/')
  expect(mountOf('/', table)?.point).toBe('/')
  const hidden = parseMounts('31 22 0:70 / /srv/data rw - fuse.sshfs other: rw')
  expect(mountOf('/srv/data/file', [...table, ...hidden])?.kind).toBe('fuse.sshfs')
})
