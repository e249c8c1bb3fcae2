-- A search by phone number, however it is written: all patients are read.
\set a random(0, 9)
\set b random(0, 9)
\set c random(0, 9)
SELECT PatNum, LName, FName, HmPhone, WkPhone, WirelessPhone
FROM patient
WHERE PatStatus NOT IN (3, 4, 5)
  AND (HmPhone REGEXP CONCAT(:a, '[^0-9]*', :b, '[^0-9]*', :c, '$')
       OR WkPhone REGEXP CONCAT(:a, '[^0-9]*', :b, '[^0-9]*', :c, '$')
       OR WirelessPhone REGEXP CONCAT(:a, '[^0-9]*', :b, '[^0-9]*', :c, '$'))
LIMIT 40;
