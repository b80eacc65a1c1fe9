"""The pages, a module each with ``PAGE``, ``layout`` and ``register``; ``dashboard.app`` lists them."""
