CONCAT('(SELECT ', {value}, ' AS v FROM ', @rehearse_from, ' WHERE ', @rehearse_k, ' >= ', CASE @rehearse_t
	WHEN 'n' THEN @rehearse_lo + CAST(FLOOR(RAND() * (@rehearse_hi - @rehearse_lo)) AS DECIMAL(40, 0))
	ELSE CONCAT(IF(@rehearse_t = 'c', '_latin1 X''', 'X'''),
		LPAD(HEX(FLOOR(ORD(LEFT(@rehearse_lo, 1)) + RAND()
			* (ORD(LEFT(@rehearse_hi, 1)) - ORD(LEFT(@rehearse_lo, 1)) + 1))), 2, '0'),
		HEX(48 + FLOOR(RAND() * 74)), HEX(48 + FLOOR(RAND() * 74)), '''')
	END, ' ORDER BY ', @rehearse_k, ' LIMIT {rows})')
