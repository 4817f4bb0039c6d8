"""The console: a page in the browser that shows what runs on this machine, and what has happened there."""
