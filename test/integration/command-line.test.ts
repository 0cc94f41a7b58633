import { inject } from 'vitest'
import { describeCommandLine, runBuilt } from '../support/command-line-cases.ts'

describeCommandLine('as it is shipped', () => runBuilt(inject('program')))
