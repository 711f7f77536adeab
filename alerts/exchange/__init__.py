"""The exchange with the national platform (国突平台): identifiers under which ours went out, receipts both ways."""
