"""From notes to sound and picture: stems, mix, preview, report."""
