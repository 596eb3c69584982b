"""What `dawg master` does around the plugin: targets of platforms, albums, figures before and after, and words."""
