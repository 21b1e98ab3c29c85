import t from 'tap'
import { addressBytes, addressText, canonicalAddress } from '../../src/base/ip-address.ts'

t.test('an address and its bytes', async (t) => {
  for (const [host, text] of [
    ['10.1.2.3', '10.1.2.3'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['fe80::1:2%eth0', 'fe80:0:0:0:0:0:1:2'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8:0:0:8:800:200c:417a'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0:0:0:c000:221'],
  ] as const) {
    t.equal(addressText(addressBytes(host)), text, host)
    t.equal(canonicalAddress(host), text, host)
  }
})

t.test('what is no address is none, and is not taken for one', async (t) => {
  for (const host of [
    '',
    'localhost',
    '1:2:3',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    'g::1',
    '12345::',
  ]) {
    t.equal(addressText(addressBytes(host)), '0.0.0.0', host)
    t.equal(canonicalAddress(host), host, host)
  }
})
