import { expect, it } from 'vitest'
import { readCampaign } from './campaign.ts'

it('reads UTM parameters in the names of the common spec', () => {
  expect(
    readCampaign('?utm_source=a%20b&utm_medium=m&utm_campaign=c&utm_term=t&utm_content=x&utm_id=9&q=1'),
  ).toEqual({
    source: 'a b',
    medium: 'm',
    name: 'c',
    term: 't',
    content: 'x',
  })
})

it('is null without any, so that a later page does not overwrite the campaign of the session', () => {
  expect([readCampaign(''), readCampaign('?q=1'), readCampaign('?utm_source=')]).toEqual([null, null, null])
})
