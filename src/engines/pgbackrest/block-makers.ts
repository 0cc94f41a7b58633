import { HoldfastError } from '../../domain/errors.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { atLeast, parseVersion, versionText, type Version } from '../version.ts'
import type { StanzaInfo } from './answers.ts'

/** Backups in blocks, as far as they were listed, and the versions that made them. */
export class BlockMakers {
  private readonly versions = new Map<string, Version>()

  note({ backup }: StanzaInfo): void {
    for (const { label, backrest, info: sizes } of backup) {
      const maker = parseVersion(backrest?.version ?? '')
      if (maker !== undefined && sizes.repository['delta-map']) this.versions.set(label, maker)
    }
  }

  /**
   * 2.45 lists block incrementals, and then reports them as damaged or tries for ever to restore them. Throws
   * `engine-too-old` for a point that needs one which a newer pgBackRest made.
   */
  refuseNewer(point: RestorePoint, own: Version): void {
    for (const label of [point.id, ...point.dependsOn]) {
      const maker = this.versions.get(label)
      if (maker === undefined || atLeast(own, maker)) continue
      const [made, installedNow] = [versionText(maker), versionText(own)]
      throw new HoldfastError(
        'engine-too-old',
        `backup ${label} is in blocks of pgBackRest ${made}, which ${installedNow} cannot read`,
        {
          hint: `install ${made} or newer, or name it under engines: in holdfast.yaml; the repository is untouched`,
        },
      )
    }
  }
}
