"""No pages: the processes of the flow answer none."""

urlpatterns: list[object] = []
