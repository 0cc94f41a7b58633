import type { Mount } from './port.ts'

/** File systems that hold somebody's data from elsewhere, beside those on a device. */
const distant = /^(?:nfs\d?|cifs|smb3|9p|ceph|glusterfs|zfs|fuse\.(?:sshfs|rclone|s3fs|mergerfs))$/

/** @param table as /proc/self/mountinfo has it, proc(5) */
export const parseMounts = (table: string): Mount[] =>
  table.split('\n').flatMap((line) => {
    const [own = '', rest = ''] = line.split(' - ')
    const [, , device = '', , point] = own.split(' ')
    const [kind = '', source = ''] = rest.split(' ')
    return point === undefined ? [] : [{ point: unescaped(point), device, kind, source: unescaped(source) }]
  })

/** The mount that a path lies on, if no part of the path is a link. */
export const mountOf = (path: string, mounts: readonly Mount[]): Mount | undefined =>
  mounts
    .filter(({ point }) => point === path || isBelow(path, point))
    .reduce<Mount | undefined>(
      (nearest, mount) => (mount.point.length >= (nearest?.point.length ?? 0) ? mount : nearest),
      undefined,
    )

/**
 * The mount points below a folder that hold data of their own: disks, and folders of other machines. What a container or a unit of
 * systemd mounts there again is none: it lies on the same device as what is around it.
 */
export function mountsBelow(folder: string, mounts: readonly Mount[]): string[] {
  const around = (point: string) =>
    mounts
      .filter((mount) => mount.point !== point && isBelow(point, mount.point))
      .reduce((nearest, mount) => (mount.point.length >= nearest.length ? mount.point : nearest), '')
  const deviceOf = (point: string) => mounts.findLast((mount) => mount.point === point)?.device
  const found = mounts.filter(
    ({ point, kind, source, device }) =>
      point !== folder &&
      isBelow(point, folder) &&
      (distant.test(kind) || (source.startsWith('/dev/') && kind !== 'squashfs')) &&
      device !== deviceOf(around(point)),
  )
  return [...new Set(found.map(({ point }) => point))].toSorted()
}

const isBelow = (point: string, folder: string): boolean => point.startsWith(folder === '/' ? '/' : `${folder}/`)

/** A space, a tab, a line's end and a backslash stand there as numbers. */
const unescaped = (point: string): string =>
  point.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
