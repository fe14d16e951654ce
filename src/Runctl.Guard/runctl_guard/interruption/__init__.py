"""Code that acts because a notice, a drill, a stop or a shutdown came."""
