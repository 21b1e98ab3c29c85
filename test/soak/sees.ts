import type { ClusterClient } from './cluster-client.ts'
import type { Checks } from './outcome.ts'
import { sleep } from './waiting.ts'

/** A leader that has just been elected shows what was committed when its followers have told it that they have it. */
const SHOWN_WITHIN_MS = 10_000

/** What a consumer finds in partition 0 of the topic is this, or becomes it without anything else in between. */
export async function sees(
  client: ClusterClient,
  checks: Checks,
  topic: string,
  name: string,
  wanted: readonly string[],
): Promise<void> {
  const deadline = performance.now() + SHOWN_WITHIN_MS
  let values: string[]
  do {
    values = (await client.readAll(topic, 0)).map(({ value }) => value ?? '')
    if (!isBeginning(values, wanted)) break
    await sleep(50)
  } while (performance.now() < deadline)
  checks.check(name, values.join('\n') === wanted.join('\n'), () => JSON.stringify(values))
}

/** Not all of it, and nothing else. */
const isBeginning = (values: readonly string[], wanted: readonly string[]): boolean =>
  values.length < wanted.length && values.every((value, index) => value === wanted[index])
