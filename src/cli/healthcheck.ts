import type { CommandModule } from 'yargs'
import { withClient } from './client.ts'
import { type BootstrapArguments, bootstrapServer as bootstrapOption } from './options.ts'

/** Exit code 0 when a broker answers and its partitions have leaders: for HEALTHCHECK and compose's service_healthy. */
export const healthcheckCommand: CommandModule = {
  command: 'healthcheck',
  describe: 'succeed if a broker answers',
  builder: (yargs) => yargs.options(bootstrapOption),
  handler: async (args) => {
    const { bootstrapServer } = args as unknown as BootstrapArguments
    await withClient(bootstrapServer, (client) => client.topics([]))
    process.stdout.write('healthy\n')
  },
}
