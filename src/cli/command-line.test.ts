import { describeCommandLine, runHere } from '../../test/support/command-line-cases.ts'

describeCommandLine('in this process', () => runHere)
