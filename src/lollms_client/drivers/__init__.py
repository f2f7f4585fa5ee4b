"""Drivers perform effects: blocking, asyncio, scripted; a worker for blocking code; transports behind one seam."""
