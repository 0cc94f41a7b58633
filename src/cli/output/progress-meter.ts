import type { Progress } from '../../domain/events.ts'
import type { Instant } from '../../domain/clock.ts'
import { formatDuration } from '../../domain/duration.ts'
import { formatSize } from '../../domain/size.ts'
import { cutLeft, visible } from './terminal.ts'

/** Turns reports of progress into words: amount, rate and time left. */
export class ProgressMeter {
  private latest: Progress = {}
  private startedAt: Instant | undefined
  private startedBytes = 0
  private at: Instant | undefined
  private turns = 0

  update(progress: Progress, at: Instant): void {
    const { note, ...rest } = progress
    this.latest = note === undefined ? { ...rest } : { ...this.latest, note }
    if (this.startedAt === undefined && progress.doneBytes !== undefined) {
      this.startedAt = at
      this.startedBytes = progress.doneBytes
    }
    this.at = at
  }

  spinner(): string {
    this.turns += 1
    return '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'[this.turns % 10] ?? ''
  }

  /** For example `2.1 of 4.0 GB · 31 MB/s · 1m left   worlds/a/packs/actors/000417.ldb`, no wider than there is room. */
  text(room: number): string {
    const { doneBytes, totalBytes, doneFiles, totalFiles, current, note } = this.latest
    const parts: string[] = []
    if (doneBytes !== undefined) {
      parts.push(totalBytes === undefined ? formatSize(doneBytes) : `${formatSize(doneBytes)} of ${formatSize(totalBytes)}`)
    }
    if (doneFiles !== undefined)
      parts.push(totalFiles === undefined ? `${doneFiles} files` : `${doneFiles} of ${totalFiles} files`)
    const bytesPerSecond = this.rate()
    if (bytesPerSecond !== undefined) {
      parts.push(`${formatSize(bytesPerSecond)}/s`)
      if (doneBytes !== undefined && totalBytes !== undefined && totalBytes > doneBytes) {
        parts.push(`${formatDuration(((totalBytes - doneBytes) / bytesPerSecond) * 1000)} left`)
      }
    }
    if (note !== undefined) parts.push(note)
    const numbers = visible(parts.join(' · '))
    const space = room - numbers.length - 3
    if (current === undefined || space < 12) return numbers.slice(0, Math.max(0, room))
    return `${numbers}   ${cutLeft(visible(current), space)}`
  }

  private rate(): number | undefined {
    if (this.startedAt === undefined || this.at === undefined || this.latest.doneBytes === undefined) return undefined
    const seconds = (this.at - this.startedAt) / 1000
    const moved = this.latest.doneBytes - this.startedBytes
    return seconds >= 0.5 && moved > 0 ? moved / seconds : undefined
  }
}
