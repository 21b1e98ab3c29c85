import t from 'tap'
import type { Logger } from '../../src/base/logger.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { createMemorySystem } from '../../src/base/memory-system.ts'
import { Broker } from '../../src/node/broker.ts'
import { setUp } from '../../src/node/options.ts'
import { warnUnlessSuper } from '../../src/node/super-nodes.ts'
import { STANDARD_AUTHORIZER } from '../api/authorization.ts'

t.test('A5: a broker that finds no quorum says for what it waits, and can be stopped', async (t) => {
  const system = createMemorySystem(1)
  system.disk.makeDir('/data')
  const flags = {
    'process.roles': 'broker',
    'node.id': '5',
    listeners: 'PLAINTEXT://localhost:9092',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': '1@localhost:9093,2@localhost:9094,3@localhost:9095',
  }
  const said: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => said.push(`${message} ${JSON.stringify(fields)}`),
    child: () => logger,
  }
  const broker = new Broker(system, setUp({ flags, dataDir: '/data' }), logger, (error) => {
    throw error
  })
  broker.start().catch(() => {})
  await system.time.run(4000)
  t.strictSame(said, [])
  await system.time.run(7000)
  t.equal(said.length, 2)
  for (const line of said) t.match(line, /no controller leads the quorum yet .*1@localhost:9093,2@localhost:9094/)
  let isStopped = false
  broker.stop().then(() => {
    isStopped = true
  })
  await system.time.run(1000)
  t.ok(isStopped)
  await system.time.run(20_000)
  t.equal(said.length, 2, 'and says no more')
})

t.test('a node that is no super user at the others is said to be refused there', async (t) => {
  const said = (flags: Readonly<Record<string, string>>) => {
    const warnings: string[] = []
    const { values } = setUp({ flags, dataDir: '/data' }).config
    const sasl = { listeners: new Map(), toBrokers: { mechanism: 'PLAIN', user: 'node', password: '' } }
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) }
    warnUnlessSuper(values, { ...sasl, toControllers: undefined }, logger)
    return warnings
  }
  const authorizer = { 'authorizer.class.name': STANDARD_AUTHORIZER }
  t.strictSame(said({}), [])
  t.match(said(authorizer), [/super\.users does not name User:node and User:ANONYMOUS/])
  t.match(said({ ...authorizer, 'super.users': 'User:node;User:admin' }), [/does not name User:ANONYMOUS, as which/])
  t.strictSame(said({ ...authorizer, 'super.users': 'User:ANONYMOUS; User:node' }), [])
  const controller = { ...authorizer, 'process.roles': 'controller', 'super.users': 'User:ANONYMOUS' }
  t.strictSame(said(controller), [], 'which asks no broker')
})

t.test('it reads so too where the others are known only once the ports are', async (t) => {
  const said = async (voters: readonly string[]) => {
    const system = createMemorySystem(1)
    system.disk.makeDir('/data')
    const warnings: string[] = []
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message), child: () => logger }
    const flags = { 'node.id': '1', 'authorizer.class.name': STANDARD_AUTHORIZER }
    const setup = setUp({ flags, dataDir: '/data', port: 9092 })
    const broker = new Broker(system, setup, logger, (error) => {
      throw error
    })
    broker.start(voters).catch(() => {})
    await system.time.run(1000)
    broker.stop().catch(() => {})
    await system.time.run(3000)
    return warnings.filter((warning) => warning.includes('super.users'))
  }
  t.match(await said(['1@localhost:9093', '2@localhost:9094']), [/does not name User:ANONYMOUS, as which/])
  t.strictSame(await said(['1@localhost:9093']), [])
})
