"""What a live session computes, without any web page: one thread, commands in, frozen frames and views out."""
