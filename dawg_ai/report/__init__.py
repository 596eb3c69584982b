"""Reports: HTML pages, diagrams, pictures, and audio before and after."""
