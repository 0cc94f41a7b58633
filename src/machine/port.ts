/** This start of the machine. */
export interface Boot {
  readonly id: string
  /** How long ago it was, by a clock that nobody sets and that counts sleep too. */
  readonly uptimeMs: number
}

export interface Mount {
  /** Where it is mounted. */
  readonly point: string
  /** Number of the device, `major:minor`: the same for all mounts of one file system. */
  readonly device: string
  /** Such as `ext4` or `nfs4`. */
  readonly kind: string
  /** Such as `/dev/sda1` or `nas:/backup`. */
  readonly source: string
}

/** What the kernel answers at once, out of its own memory. */
export interface Kernel {
  boot(): Boot
  hostName(): string
  /** Of this process, by cgroups(7): systemd gives each unit one of its name. */
  controlGroups(): string
  /** In the order in which they were mounted: of two at one point, the later hides the earlier. */
  mounts(): readonly Mount[]
}

export interface PathFacts {
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  /** Of the file system that it lies on; only good for comparing. */
  readonly device: number
  readonly sizeBytes: number
  readonly modifiedMs: number
}

export interface FreeSpace {
  /** What was asked for, or its nearest parent that exists. */
  readonly path: string
  readonly device: number
  /** What is left for those who aren't root. */
  readonly freeBytes: number
  readonly sizeBytes: number
}

/** What lies below some paths: the paths themselves count when they are files. */
export interface TreeSize {
  /** Of any kind, below the paths. */
  readonly entries: number
  /** All that is no folder. */
  readonly files: number
  /** Of regular files; one with several names counts once. */
  readonly sizeBytes: number
}

/**
 * What the operating system knows, passed like the clock.
 *
 * Paths belong to others: a network file system whose server died, or a program that pretends to be one, keeps whoever looks at
 * it for ever. So each of these questions has a deadline, and throws `timeout` when it is over. Otherwise they throw what Node does.
 */
export interface Machine extends Kernel {
  /** Throws `timeout` unless the file system that a path lies on answers. */
  requireAnswer(path: string): Promise<void>
  /** Of a link, of the link itself. Undefined when there is nothing. */
  look(path: string): Promise<PathFacts | undefined>
  /** Of a link, of what it leads to. Undefined when there is nothing. */
  follow(path: string): Promise<PathFacts | undefined>
  list(folder: string): Promise<readonly string[]>
  freeSpace(path: string): Promise<FreeSpace>
  /** With all links followed, as far as the path exists. */
  realPath(path: string): Promise<string>
  /** Takes its time: it ends with `timeout` only when the walk stands still. What vanishes meanwhile doesn't count. */
  measure(paths: readonly string[]): Promise<TreeSize>
}
