"""The places where a source was met: by passes that agree beyond chance, or clearly by one."""
