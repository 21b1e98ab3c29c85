import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Transcript } from './transcript.ts'

/** Scripts with their outcome. `REWRITE=1` writes the outcome down anew, to be read in review. */
const FOLDER = 'test/raft/transcripts'

for (const name of readdirSync(FOLDER)) {
  t.test(name, async (t) => {
    const path = join(FOLDER, name)
    const recorded = readFileSync(path, 'utf8')
    const played = Transcript.play(recorded)
    if (process.env.REWRITE) writeFileSync(path, played)
    else t.equal(played, recorded)
  })
}
