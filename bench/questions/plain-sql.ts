// The questions as somebody would write them by hand from docs/api.md §3: texts, joins, every event resolved. They are what the
// product's statements are held against, for speed and for the same numbers. Days of UTC, no filters.

const RESOLVED = `
  SELECT e.name AS name, e.event_time AS event_time,
    multiIf(e.user_id != '', concat('user ', e.user_id),
            l.user_id != '', concat('user ', l.user_id),
            concat('anonymous ', e.anonymous_id)) AS actor
  FROM events_v1 AS e
  LEFT JOIN (
    SELECT anonymous_id, argMin(user_id, (event_time, toString(event_id))) AS user_id
    FROM links_v1 WHERE project_id = 'bench' GROUP BY anonymous_id
  ) AS l ON e.anonymous_id = l.anonymous_id
  WHERE e.project_id = 'bench' AND e.type IN ('track', 'page', 'screen')`

const inRange = `toDate(event_time) BETWEEN {from:Date} AND {to:Date}`

export const PLAIN_ACTIVE_USERS = `
  SELECT toString(toDate(event_time)) AS period, uniqExact(actor) AS users
  FROM (${RESOLVED}) WHERE ${inRange} GROUP BY period ORDER BY period`

export const PLAIN_TOP_EVENTS = `
  SELECT name AS event, count() AS events, uniqExact(actor) AS users
  FROM (${RESOLVED}) WHERE ${inRange} GROUP BY name ORDER BY events DESC, name LIMIT 10`

export const PLAIN_RETENTION = `
  WITH resolved AS (${RESOLVED}),
    firsts AS (SELECT actor, min(toDate(event_time)) AS first_day FROM resolved GROUP BY actor),
    days AS (SELECT DISTINCT actor, toDate(event_time) AS day FROM resolved WHERE ${inRange})
  SELECT toString(first_day) AS cohort, dateDiff('day', first_day, day) AS k, count() AS actors
  FROM firsts INNER JOIN days ON firsts.actor = days.actor
  WHERE first_day BETWEEN {from:Date} AND {to:Date} AND day >= first_day AND k <= 7
  GROUP BY cohort, k ORDER BY cohort, k`
