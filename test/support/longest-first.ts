import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take minutes. Begun last, each would leave all cores but one with nothing to do. */
const longest = [
  'test/simulation/years.test.ts',
  'test/matrix/reliability.test.ts',
  'test/integration/restore-modes.test.ts',
  'test/integration/retention.test.ts',
  'test/integration/bad-input.test.ts',
  'test/system/containers.test.ts',
  'test/system/container-life.test.ts',
  'test/system/schedule.test.ts',
  'test/integration/drill.test.ts',
]

/** The order of vitest, which goes by size where it knows no durations, but for the longest files first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((path) => moduleId.endsWith(path))
      return index === -1 ? longest.length : index
    }
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's, not an array's
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
