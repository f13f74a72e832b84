"""Guest memory: pages, changes of pages and bitmaps, against memcpy and numpy in one run, and instructions a page."""
