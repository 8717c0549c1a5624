-- Bodies with integers beyond 2^53 had a space before their last brace; now their columns say it: {"exact": true}.
-- As text: jsonb refuses what json takes and a field may hold, a \u0000 or half of a surrogate pair.
UPDATE revision
SET
  body = left(body, -2) || '}',
  columns = ('{"exact":true' || CASE columns::text WHEN '{}' THEN '}' ELSE ',' || substr(columns::text, 2) END)::json
WHERE right(body, 2) = ' }';
