/** UTM parameters of an address, in the names of the field's common spec (`utm_campaign` is `name`); null without any. */
export function readCampaign(search: string): Record<string, string> | null {
  const campaign: Record<string, string> = {}
  new URLSearchParams(search).forEach((value, name) => {
    const part = /^utm_(source|medium|campaign|term|content)$/.exec(name)?.[1]
    if (part !== undefined && value !== '') campaign[part === 'campaign' ? 'name' : part] = value
  })
  return Object.keys(campaign).length > 0 ? campaign : null
}
