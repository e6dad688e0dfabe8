"""raw to science: judge every alert, set aside what fails, enrich what passes."""
